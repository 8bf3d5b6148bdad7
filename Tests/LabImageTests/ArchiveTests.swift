import Foundation
import Testing

@testable import LabImage

@Suite struct ArchiveTests {
  @Test func entriesAreSortedAndFoldersComeFirst() {
    var tree = RootTree()
    tree.add("b/c", .file([1], permissions: 0o600))
    tree.add("a", .link(to: "b/c"))
    #expect(tree.entries["b"] == .folder(permissions: 0o755))
    #expect(tree.archive().count % 4 == 0)
  }
}

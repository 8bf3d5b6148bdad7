import Foundation
import Testing

@testable import HostKit

struct CacheFolderTests {
  @Test func theCacheLiesWhereTheUserWantsIt() {
    #expect(CacheFolder.path(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/pilab")
    #expect(CacheFolder.path(["XDG_CACHE_HOME": "x", "HOME": "/h"]) == "/h/.cache/pilab")
    #expect(CacheFolder.path(["XDG_CACHE_HOME": "", "HOME": "/h"]) == "/h/.cache/pilab")
    #expect(CacheFolder.path(["PATH": "/bin"]) == nil)
  }

  @Test func thisProcessAlwaysHasOne() {
    #expect(CacheFolder.own.hasPrefix("/") && CacheFolder.own.hasSuffix("/pilab"))
  }
}

import LabCore
import LabManifest
import LabValues

/// A lab that is to be.
public struct LabRequest: Sendable {
  public var manifest: LabManifest
  /// The file of the manifest.
  public var source: ManifestSource?
  /// The user's choice, or else the manifest's.
  public var mode: LabMode
  /// Folder of all labs: `.pilab`.
  public var root: String

  public init(
    manifest: LabManifest, source: ManifestSource? = nil, mode: LabMode? = nil, root: String
  ) {
    self.manifest = manifest
    self.source = source
    self.mode = mode ?? manifest.mode
    self.root = root
  }

  /// - Throws: `backend_unavailable`; `unsupported` where the backend cannot do what the manifest asks.
  func backend(from catalog: BackendCatalog) async throws(LabError) -> any LabBackend {
    let backend: any LabBackend
    let hasDisks = manifest.boards.contains { $0.disk != nil }
    backend = try await catalog.backend(
      for: mode, withOwnKernels: hasDisks, manifest.settings)
    if hasDisks {
      try backend.require(
        .ownKernel, to: "boot the disk images that the manifest names", step: "create")
    }
    if manifest.network.impairment != nil { try backend.require(.impairment, step: "create") }
    return backend
  }
}

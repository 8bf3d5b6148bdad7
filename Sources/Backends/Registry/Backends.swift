import LabCore
import LabManifest
import Libvirt
import Loopback
import Namespace
import VirtualBox

/// The backends of this version.
public enum Backends {
  /// In the order in which mode `auto` prefers them: a line for each.
  public static let all: [any LabBackend] = [
    VirtualBoxBackend(),
    LibvirtBackend(),
    NamespaceBackend(),
    LoopbackBackend(),
  ]

  /// The same, for whoever looks one up.
  public static var catalog: BackendCatalog { BackendCatalog(all) }

  /// What manifests may say.
  public static var grammar: ManifestGrammar { catalog.grammar }
}

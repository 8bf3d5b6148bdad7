/// Which backend makes the boards.
public enum LabMode: String, Sendable, Codable, CaseIterable {
  case auto, loopback, namespace, libvirt, virtualbox
}

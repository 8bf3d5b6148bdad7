/// What a machine's network interface is for.
package enum NetworkRole: String, Sendable {
  /// The private network between the boards.
  case lab
  /// From this machine to the board, by the hypervisor's own NAT.
  case management
}

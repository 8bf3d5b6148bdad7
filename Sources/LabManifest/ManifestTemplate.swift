import LabValues
import PiExchange

/// What `pilab init` writes.
public enum ManifestTemplate {
  /// A commented manifest of two boards and two exchanges of one image.
  ///
  /// - Parameters:
  ///   - name: the lab's name, `[a-z0-9][a-z0-9-]{0,62}`.
  ///   - image: path of the image, relative to where the manifest will be.
  ///   - modes: that there are, but for `auto`.
  public static func text(name: String, image: String, modes: [LabMode]) -> String {
    """
    # A lab for pilab: boards on a private network, and the exchanges they run.
    # Run it with `pilab run`. Every key is explained in docs/manifest.md.
    version: 1
    name: \(quoted(name))

    # What the boards are made with: \(modes.map(\.rawValue).joined(separator: ", ")),
    # or auto: of those that work here the one nearest to real machines.
    mode: auto

    network:
      subnet: \(LabNetwork.defaultSubnet)

    # Two boards or more. A board without an address gets the next free one.
    boards:
      alice: { address: \(address(1)) }
      bob: { address: \(address(2)) }

    # Each exchange: sender and receiver agree on a key by Diffie-Hellman, then
    # the sender encrypts the image and the receiver decrypts it.
    exchanges:

      # The textbook's way. Electronic Codebook mode encrypts equal blocks to
      # equal blocks, so that the picture shows through.
      classic:
        sender: alice
        receiver: bob
        profile: classic
        group: \(Profile.classic.defaultGroupName)
        cipher: \(Profile.classic.defaultCipher.name)
        image: \(quoted(image))
        # rate: 100Mbit          # pace of the sender; as fast as possible without it

      # The same done right: the boards prove who they are by a pre-shared key,
      # and no byte of the image can be read or changed on the way.
      sealed:
        sender: alice
        receiver: bob
        profile: sealed
        image: \(quoted(image))

    """
  }

  private static func address(_ number: UInt32) -> IPv4Address {
    IPv4Address(value: LabNetwork.defaultSubnet.network.value + number)
  }

  /// As it is where all versions of YAML read it as that text, else in single quotes.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.wholeMatch(of: /[A-Za-z.\/_][A-Za-z0-9.\/_-]*/) != nil
    let isOldBoolean = ["y", "n", "yes", "no", "on", "off"].contains(text.lowercased())
    if isPlain, !isOldBoolean, case .text = ScalarType(plain: text) { return text }
    return "'" + text.replacing("'", with: "''") + "'"
  }
}

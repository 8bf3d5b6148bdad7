import COpenSSL

/// AES-128 over whole blocks, in Electronic Codebook or Counter mode (SP 800-38A), piece by piece.
///
/// Neither mode authenticates. ECB leaves equal blocks equal.
public struct AES128: ~Copyable, @unchecked Sendable {
  // Sendable: the context is owned by this value alone.
  private let context: OpaquePointer

  public static let blockSize = 16
  public static let keySize = 16

  /// How blocks hang together.
  public enum Mode: Sendable {
    case ecb
    /// The initial counter block, 16 bytes; the counter is the whole block, big-endian.
    case ctr(counterBlock: [UInt8])
  }

  /// What is done to the blocks; the numbers are OpenSSL's.
  public enum Direction: Int32, Sendable {
    case decrypt = 0
    case encrypt = 1
  }

  /// A key of 16 bytes.
  public init(key: borrowing SecretBytes, mode: Mode, direction: Direction) {
    precondition(key.count == Self.keySize)
    context = require(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
    key.withUnsafeBytes { key in
      switch mode {
      case .ecb:
        start(EVP_aes_128_ecb(), key: key.octets, counterBlock: nil, direction)
      case .ctr(let counterBlock):
        precondition(counterBlock.count == Self.blockSize)
        start(EVP_aes_128_ctr(), key: key.octets, counterBlock: counterBlock, direction)
      }
    }
    require(EVP_CIPHER_CTX_set_padding(context, 0), "EVP_CIPHER_CTX_set_padding")
  }

  deinit { EVP_CIPHER_CTX_free(context) }  // wipes the key schedule

  private func start(
    _ cipher: OpaquePointer?, key: UnsafePointer<UInt8>?, counterBlock: [UInt8]?,
    _ direction: Direction
  ) {
    require(
      EVP_CipherInit_ex2(context, cipher, key, counterBlock, direction.rawValue, nil),
      "EVP_CipherInit_ex2")
  }

  /// Transforms `input` into `output`, which has at least its length. In ECB mode only whole blocks; in CTR mode
  /// all but the last call only whole blocks.
  public mutating func update(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    precondition(output.count >= input.count && input.count <= Int(Int32.max))
    guard !input.isEmpty else { return }
    var written: Int32 = 0
    require(
      EVP_CipherUpdate(context, output.octets, &written, input.octets, Int32(input.count)),
      "EVP_CipherUpdate")
    precondition(Int(written) == input.count, "not whole blocks")
  }
}

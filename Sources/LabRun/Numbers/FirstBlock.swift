import Foundation
import HostKit
import LabResults
import PiCrypto
import PiExchange

extension KeyAgreementNumbers.Block {
  /// The image's first block, as the key makes it, and as the encrypted file has it; nil where they are not the same, or
  /// there is no whole block.
  /// - Parameters:
  ///   - plaintext: the image's first bytes.
  ///   - ciphertext: the encrypted file's first bytes: in counter mode the first counter block, then the image.
  public init?(cipher: Cipher, key: String, plaintext: [UInt8], ciphertext: [UInt8]) {
    let size = AES128.blockSize
    guard let keyBytes = Hex.decode(key), plaintext.count >= size else { return nil }
    let block = Array(plaintext.prefix(size))
    switch cipher {
    case .aes128ECB:
      let found = Self.encrypt(block, keyBytes)
      guard ciphertext.prefix(size).elementsEqual(found) else { return nil }
      self.init(
        cipher: cipher.name, plaintext: Hex.encode(block), ciphertext: Hex.encode(found))
    case .aes128CTR:
      guard ciphertext.count >= 2 * size else { return nil }
      let counter = Array(ciphertext.prefix(size))
      let stream = Self.encrypt(counter, keyBytes)
      let found = zip(block, stream).map { $0 ^ $1 }
      guard ciphertext.dropFirst(size).prefix(size).elementsEqual(found) else { return nil }
      self.init(
        cipher: cipher.name, plaintext: Hex.encode(block), counter: Hex.encode(counter),
        keyStream: Hex.encode(stream), ciphertext: Hex.encode(found))
    case .cobblestone128: return nil
    }
  }

  private static func encrypt(_ block: [UInt8], _ key: [UInt8]) -> [UInt8] {
    let secret = SecretBytes(count: key.count) { $0.copyBytes(from: key) }
    var cipher = AES128(key: secret, mode: .ecb, direction: .encrypt)
    var output = [UInt8](repeating: 0, count: block.count)
    block.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { cipher.update(input, into: $0) }
    }
    return output
  }
}

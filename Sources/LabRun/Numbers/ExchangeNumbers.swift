import HostKit
import LabManifest
import LabResults
import PiCrypto
import PiExchange

extension ExchangeResult {
  /// Fills in the numbers of the key agreement; none where a side has not come so far, or has got another public value than
  /// was sent.
  /// - Parameters:
  ///   - exchange: as the manifest has it.
  ///   - folder: in which `files` are.
  mutating func fillNumbers(of exchange: Exchange, in folder: String) {
    guard let sent = senderResult, let received = receiverResult,
      sent.publicValue == received.peerPublicValue, sent.peerPublicValue == received.publicValue,
      let x = Hex.decode(sent.publicValue), let y = Hex.decode(received.publicValue)
    else { return }
    func side(_ board: String, _ value: [UInt8]) -> NumberMaker.Side {
      NumberMaker.Side(
        board: board, exponent: exchange.privateExponents[board], publicValue: value)
    }
    do throws(GroupError) {
      numbers = try NumberMaker(exchange.group.group()).numbers(
        side(exchange.sender, x), side(exchange.receiver, y), profile: exchange.profile)
    } catch { warnings.append("The numbers of the key agreement are missing: \(error).") }
    guard let key = numbers?.shared?.key, let encrypted = files["senderEncrypted"] else { return }
    do throws(RegularFile.Problem) {
      let size = AES128.blockSize
      numbers?.block = KeyAgreementNumbers.Block(
        cipher: exchange.cipher, key: key, plaintext: try RegularFile(exchange.image).bytes(size),
        ciphertext: try RegularFile("\(folder)/\(encrypted)").bytes(2 * size))
    } catch {
      warnings.append("The first block is missing among the numbers: \(error).")
    }
  }
}

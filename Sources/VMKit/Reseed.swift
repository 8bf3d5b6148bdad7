import GuestSSH
import LabCore

//  Two boards that are brought back to one moment have the same random numbers ahead of them. Kernels with VMGENID
//  mix in the machine's new generation id; Debian's kernel for clouds has it switched off. So the board is told.

/// A program for Linux on x86-64 that takes 64 random bytes from its input, mixes them into the kernel's random
/// numbers, and has the kernel begin anew with them at once (random(4): RNDADDENTROPY, RNDRESEEDCRNG). No shell has
/// a command for that.
package enum Reseed {
  package static let seedLength = 64

  private static let code: [UInt8] = [
    0x48, 0x83, 0xEC, 0x50,  // sub rsp, 80: struct rand_pool_info with 64 bytes
    0x31, 0xFF,  // xor edi, edi: standard input
    0x48, 0x8D, 0x74, 0x24, 0x08,  // lea rsi, [rsp + 8]
    0x6A, 0x40, 0x5A,  // push 64; pop rdx
    0x31, 0xC0,  // xor eax, eax: read
    0x0F, 0x05,  // syscall
    0x83, 0xF8, 0x40,  // cmp eax, 64
    0x75, 0x4F,  // jne fail
    0x48, 0x8D, 0x3D, 0x50, 0x00, 0x00, 0x00,  // lea rdi, [rip + path]
    0x6A, 0x02, 0x5E,  // push O_RDWR; pop rsi
    0x31, 0xD2,  // xor edx, edx
    0x6A, 0x02, 0x58,  // push 2; pop rax: open
    0x0F, 0x05,  // syscall
    0x85, 0xC0,  // test eax, eax
    0x78, 0x3A,  // js fail
    0x89, 0xC3,  // mov ebx, eax
    0xC7, 0x04, 0x24, 0x00, 0x02, 0x00, 0x00,  // mov dword [rsp], 512: bits of entropy
    0xC7, 0x44, 0x24, 0x04, 0x40, 0x00, 0x00, 0x00,  // mov dword [rsp + 4], 64: bytes
    0x89, 0xDF,  // mov edi, ebx
    0xBE, 0x03, 0x52, 0x08, 0x40,  // mov esi, RNDADDENTROPY
    0x48, 0x89, 0xE2,  // mov rdx, rsp
    0x6A, 0x10, 0x58,  // push 16; pop rax: ioctl
    0x0F, 0x05,  // syscall
    0x85, 0xC0,  // test eax, eax
    0x78, 0x16,  // js fail
    0x89, 0xDF,  // mov edi, ebx
    0xBE, 0x07, 0x52, 0x00, 0x00,  // mov esi, RNDRESEEDCRNG
    0x31, 0xD2,  // xor edx, edx
    0x6A, 0x10, 0x58,  // push 16; pop rax: ioctl
    0x0F, 0x05,  // syscall
    0x85, 0xC0,  // test eax, eax
    0x78, 0x04,  // js fail
    0x31, 0xFF,  // xor edi, edi
    0xEB, 0x03,  // jmp end
    0x6A, 0x01, 0x5F,  // fail: push 1; pop rdi
    0x6A, 0x3C, 0x58,  // end: push 60; pop rax: exit
    0x0F, 0x05,  // syscall
  ]

  private static let base: UInt64 = 0x40_0000
  private static let headerLength: UInt64 = 64 + 56

  /// An ELF file of one segment; elf(5).
  package static var program: [UInt8] {
    let body = code + Array("/dev/urandom".utf8) + [0]
    let length = headerLength + UInt64(body.count)
    // 64 bits, little-endian, version 1; an executable for x86-64.
    var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    file += bytes(UInt16(2)) + bytes(UInt16(62)) + bytes(UInt32(1))
    file += bytes(base + headerLength) + bytes(UInt64(64)) + bytes(UInt64(0)) + bytes(UInt32(0))
    for size in [64, 56, 1, 0, 0, 0] as [UInt16] { file += bytes(size) }
    // PT_LOAD, readable and executable, the whole file.
    file += bytes(UInt32(1)) + bytes(UInt32(5)) + bytes(UInt64(0)) + bytes(base) + bytes(base)
    file += bytes(length) + bytes(length) + bytes(UInt64(0x1000))
    return file + body
  }

  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  /// Argument: a folder that programs may be run from. The random bytes are those of the host, by virtio-rng.
  package static var script: String {
    """
    [ -e /dev/hwrng ] || { echo "the board has no /dev/hwrng" >&2; exit 1; }
    exec </dev/hwrng

    """ + scriptFromInput
  }

  /// The same with random bytes that come by the input.
  package static var scriptFromInput: String {
    let octal = program.map { byte in
      let digits = String(byte, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }.joined()
    return """
      f=$1/.reseed.$$
      (umask 077; printf '\(octal)' >"$f") && chmod 700 "$f" || exit 1
      head -c \(seedLength) | "$f"
      s=$?
      rm -f "$f"
      exit $s
      """
  }
}

extension SSHBoard {
  /// Gives the board random numbers that it would not have had.
  package func reseed() async throws(LabError) {
    let outcome = try await tool(Reseed.script, [folder], step: "restore")
    guard outcome.succeeded else {
      throw LabError(
        .snapshotFailed, "cannot renew its random numbers, so its keys would repeat", board: name,
        step: "restore", cause: outcome.errors)
    }
  }
}

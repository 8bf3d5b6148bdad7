import HostKit

/// How many 16-byte blocks of a file repeat an earlier one: what Electronic Codebook mode leaks.
struct BlockStatistics: Sendable, Equatable {
  /// Bytes of an AES block.
  static let blockSize = 16
  /// Most blocks that are examined: 64 MiB of file.
  static let blockLimit = 1 << 22

  /// Whole blocks of the file, counted from its start; a shorter last piece is left out.
  let blocks: UInt64
  /// Equal to `blocks` unless the file is larger than the limit and was sampled.
  let examined: UInt64
  /// Examined blocks that equal an examined block before them.
  let repeated: UInt64

  var isSampled: Bool { examined < blocks }

  /// Reads the file in pieces. A file beyond the limit is sampled: 64 pieces, evenly spread; the
  /// repeats found are then a lower bound of those there are.
  /// - Throws: `BlockStatisticsError` where the file cannot be read.
  init(path: String) throws(BlockStatisticsError) {
    do {
      try self.init(FileBytes(path), blockLimit: Self.blockLimit)
    } catch {
      throw BlockStatisticsError(reason: error.description)
    }
  }

  init(
    _ file: borrowing FileBytes, blockLimit: Int
  ) throws(FileBytesError) {
    let total = file.size / Self.blockSize
    let pieces = Self.pieces(of: total, limit: blockLimit)
    var values: [UInt128] = []
    values.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
    for piece in pieces {
      // A mebibyte at a time, so that the bytes add little to the blocks held in `values`.
      for first in stride(from: piece.lowerBound, to: piece.upperBound, by: 1 << 16) {
        let count = min(1 << 16, piece.upperBound - first) * Self.blockSize
        let bytes = try file.read(at: first * Self.blockSize, count: count)
        Self.append(blocksOf: bytes, to: &values)
      }
    }
    blocks = UInt64(total)
    examined = UInt64(values.count)
    repeated = Self.repeats(in: &values)
  }

  /// Ranges of block numbers, ascending, disjoint, `limit` blocks together at most.
  private static func pieces(of total: Int, limit: Int) -> [Range<Int>] {
    if total <= limit { return [0..<total] }
    let count = min(64, limit)
    let length = limit / count
    return (0..<count).map { piece in
      let first = count == 1 ? 0 : (total - length) / (count - 1) * piece
      return first..<first + length
    }
  }

  private static func append(blocksOf bytes: [UInt8], to values: inout [UInt128]) {
    bytes.withUnsafeBytes { raw in
      for offset in stride(from: 0, to: raw.count - blockSize + 1, by: blockSize) {
        values.append(raw.loadUnaligned(fromByteOffset: offset, as: UInt128.self))
      }
    }
  }

  /// Sorting in place is exact and needs no memory beyond the blocks themselves.
  private static func repeats(in values: inout [UInt128]) -> UInt64 {
    values.sort()
    var repeats: UInt64 = 0
    for index in values.indices.dropFirst() where values[index] == values[index - 1] {
      repeats += 1
    }
    return repeats
  }
}

/// Why a file's blocks could not be counted.
struct BlockStatisticsError: Error, Equatable, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}

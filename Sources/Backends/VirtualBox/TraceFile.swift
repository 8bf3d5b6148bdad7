import Foundation
import Glibc
import HostKit
import LabCore
import Synchronization

/// Microseconds since 1970, UTC.
typealias UnixTime = UInt64

/// A file in the format of pcap (draft-ietf-opsawg-pcap), as VirtualBox writes it: before the first frame stands one that
/// none is, and times count from the start of the machine's process.
enum TraceFile {
  fileprivate static let headerLength = 24
  private static let recordLength = 16
  /// VirtualBox's PcapStreamHdr writes so many bytes, and calls them a frame of 60.
  private static let fillerLength = 4
  fileprivate static let pieceLength = 1 << 20

  /// Leaves that one out, and gives the others the time of the day. The destination appears when it is whole; a frame
  /// that VirtualBox did not finish is not in it.
  static func copy(from source: String, to destination: String, start: UnixTime) throws {
    guard let input = FileHandle(forReadingAtPath: source) else { throw SystemError.last }
    defer { try? input.close() }
    let place = try OutputPlace(destination).path
    let output = try NewFile(TemporaryName.beside(place))
    do {
      try output.write(Array(try input.read(upToCount: headerLength) ?? Data()))
      var frames = Frames(start: start)
      while let piece = try input.read(upToCount: pieceLength), !piece.isEmpty {
        try output.write(frames.next(piece))
      }
      try OutputFile.move(output.path, to: place)
    } catch {
      unlink(output.path)
      throw error
    }
  }

  /// The frames of a trace that comes in pieces.
  fileprivate struct Frames {
    let start: UnixTime
    /// Begins with a record.
    private var rest: [UInt8] = []
    private var isFirst = true

    init(start: UnixTime) { self.start = start }

    /// - Returns: the records that are whole with this piece.
    mutating func next(_ piece: Data) -> [UInt8] {
      rest += piece
      var (position, kept) = (0, 0)
      while rest.count - position >= recordLength {
        let length = Int(number(position + 8))
        guard rest.count - position - recordLength >= length else { break }
        if isFirst, isFiller(position) { kept = position + recordLength + length }
        isFirst = false
        setTime(position)
        position += recordLength + length
      }
      let whole = rest[kept..<position]
      rest.removeFirst(position)
      return Array(whole)
    }

    private func isFiller(_ position: Int) -> Bool {
      number(position + 8) == UInt32(fillerLength) && number(position + 12) == 60
    }

    private mutating func setTime(_ position: Int) {
      let time = start + UInt64(number(position)) * 1_000_000 + UInt64(number(position + 4))
      set(UInt32(truncatingIfNeeded: time / 1_000_000), at: position)
      set(UInt32(time % 1_000_000), at: position + 4)
    }

    /// Little-endian, as VirtualBox's machines are.
    private func number(_ position: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(rest[position + $1]) << (8 * $1) }
    }

    private mutating func set(_ number: UInt32, at position: Int) {
      for byte in 0..<4 { rest[position + byte] = UInt8(truncatingIfNeeded: number >> (8 * byte)) }
    }
  }
}

/// Copies a trace into a pipe while VirtualBox writes it.
final class TraceFollower: Sendable {
  private let isEnding = Mutex(false)
  private let task: Task<SystemError?, Never>

  /// - Parameter output: is closed at the end.
  init(_ trace: String, into output: Int32, start: UnixTime) {
    let (failures, sink) = AsyncStream.makeStream(of: SystemError?.self)
    task = Task {
      for await failure in failures { return failure }
      return nil
    }
    // A thread of its own, because whoever reads may take its time.
    let thread = Thread { [self] in
      sink.yield(follow(trace, into: output, start: start))
      close(output)
      sink.finish()
    }
    thread.start()
  }

  /// Returns when all of the trace has been written. May be repeated.
  @discardableResult
  func end() async -> SystemError? {
    isEnding.withLock { $0 = true }
    return await task.value
  }

  private func follow(_ trace: String, into output: Int32, start: UnixTime) -> SystemError? {
    var frames = TraceFile.Frames(start: start)
    var (input, header): (FileHandle?, Data) = (nil, Data())
    while true {
      // Asked before the file, so that what was written until then is seen.
      let isLast = isEnding.withLock { $0 }
      input = input ?? FileHandle(forReadingAtPath: trace)
      while let piece = try? input?.read(upToCount: TraceFile.pieceLength), !piece.isEmpty {
        var piece = piece
        if header.count < TraceFile.headerLength {
          let part = piece.prefix(TraceFile.headerLength - header.count)
          header += part
          piece = Data(piece.dropFirst(part.count))
          if let failure = write(Array(part), to: output) { return failure }
        }
        if let failure = write(frames.next(piece), to: output) { return failure }
      }
      if isLast { return nil }
      usleep(200_000)
    }
  }

  private func write(_ bytes: [UInt8], to output: Int32) -> SystemError? {
    do throws(SystemError) { try Descriptor.write(bytes, to: output) } catch { return error }
    return nil
  }
}

/// The log of a machine's process.
enum MachineLog {
  static func path(in properties: VBoxProperties) -> String? {
    properties["LogFldr"].map { "\($0)/VBox.log" }
  }

  /// When the process began, by a line as `00:00:01.249639 Log opened 2026-11-24T16:24:36.892097000Z`: the first is
  /// the time since then.
  static func start(in text: String) -> UnixTime? {
    let line =
      /(?m)^(\d{2,9}):(\d\d):(\d\d)\.(\d{6}) Log opened (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})\d*Z/
    guard let match = text.firstMatch(of: line)?.output,
      let opened = try? Date(String(match.5) + "Z", strategy: .iso8601),
      let hours = UInt64(match.1), let minutes = UInt64(match.2), let seconds = UInt64(match.3),
      let fraction = UInt64(match.4), let openedFraction = UInt64(match.6),
      let openedSeconds = UInt64(exactly: opened.timeIntervalSince1970)
    else { return nil }
    let since = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction
    let time = openedSeconds * 1_000_000 + openedFraction
    return time >= since ? time - since : nil
  }
}

extension VirtualBoxHost {
  private static let headLength = 1 << 16

  /// When the machine's process began, to about a millisecond.
  func processStart(_ uuid: String) async throws(VBoxError) -> UnixTime {
    let properties = try await manage.properties(["showvminfo", uuid])
    guard let path = MachineLog.path(in: properties),
      let file = FileHandle(forReadingAtPath: path)
    else { throw VBoxError(.other, "the machine has no log, so frames would have no time") }
    defer { try? file.close() }
    let head = (try? file.read(upToCount: Self.headLength)) ?? Data()
    guard let start = MachineLog.start(in: String(decoding: head, as: UTF8.self)) else {
      throw VBoxError(.other, "\(path) does not tell when it was opened")
    }
    return start
  }
}

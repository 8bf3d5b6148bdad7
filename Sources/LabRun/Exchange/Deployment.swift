import LabCore
import LabManifest

/// Puts on the boards what they need for an exchange, and nothing twice.
actor Deployment {
  private struct Item: Hashable {
    var board: String
    var file: String
  }

  private enum Content {
    case program, key
    /// A copy that is the run's own, so that it need not be copied again.
    case image
  }

  let lab: any RunningLab
  let programs: BoardPrograms
  let preSharedKey: String
  let observer: RunObserver
  private var placed: [Item: BoardPath] = [:]

  init(
    lab: any RunningLab, programs: BoardPrograms, preSharedKey: String,
    observer: @escaping RunObserver
  ) {
    self.lab = lab
    self.programs = programs
    self.preSharedKey = preSharedKey
    self.observer = observer
  }

  /// Programs, key and image for an exchange.
  func prepare(_ exchange: Exchange) async throws(LabError) -> ExchangePlan {
    let image = ExchangePlan.boardPath(
      "images/\(placed.count)\(ImageName.suffix(of: exchange.image))")
    let folders = try await StoragePlacement(lab: lab, exchange: exchange.name)
      .folders(for: needs(of: exchange, image))
    let place = folders[exchange.sender]?.appending(image) ?? image
    let plan = ExchangePlan(
      exchange: exchange, image: try await put(exchange.image, on: exchange.sender, place, .image),
      folders: folders)
    try await put(programs.sender, on: exchange.sender, ExchangePlan.senderProgram, .program)
    try await put(programs.receiver, on: exchange.receiver, ExchangePlan.receiverProgram, .program)
    if plan.needsPreSharedKey {
      for board in [exchange.sender, exchange.receiver] {
        try await put(preSharedKey, on: board, ExchangePlan.preSharedKey, .key)
      }
    }
    return plan
  }

  /// The program of the board between the others, and the folder that it is told in what has been done.
  func prepareInterceptor(on board: String) async throws(LabError) {
    try programs.requireInterceptor()
    try await put(programs.interceptor, on: board, ExchangePlan.interceptorProgram, .program)
  }

  /// What was put on the board may be gone, or older than what was put there last.
  func forget(_ board: String? = nil) {
    guard let board else {
      placed = [:]
      return
    }
    placed = placed.filter { $0.key.board != board }
  }

  /// What the exchange will add to each of its boards.
  private func needs(of exchange: Exchange, _ image: BoardPath) -> [StoragePlacement.Need] {
    let bytes = FileStatus(exchange.image)?.bytes ?? 0
    func need(
      _ board: String, _ program: (String, BoardPath), image: (String, BoardPath)?,
      keeps: [StoredFile]
    ) -> StoragePlacement.Need {
      let new = [program, image].compactMap(\.self)
        .filter { placed[Item(board: board, file: $0.0)] == nil }
      let size = new.reduce(0) { $0 + (FileStatus($1.0)?.bytes ?? 0) }
      let imageSize = new.contains { $0.0 == image?.0 } ? bytes : 0
      let kept = UInt64(keeps.filter(exchange.store.contains).count) * bytes
      return StoragePlacement.Need(
        board: board, fixed: size - imageSize, movable: imageSize + kept, files: new.map(\.1))
    }
    return [
      need(
        exchange.sender, (programs.sender, ExchangePlan.senderProgram),
        image: (exchange.image, image), keeps: [.senderEncrypted]),
      need(
        exchange.receiver, (programs.receiver, ExchangePlan.receiverProgram), image: nil,
        keeps: [.receiverEncrypted, .receiverDecrypted]),
    ]
  }

  private func copy(
    _ file: String, to board: any RunningBoard, _ path: BoardPath, _ access: FileAccess
  ) async throws(LabError) {
    guard let slow = board.find(.fileProgress) else {
      return try await board.put(file, to: path, access: access)
    }
    let (observer, name) = (observer, board.name)
    try await slow.put(file, to: path, access: access) { bytes, total in
      observer(.copying(board: name, bytes: bytes, total: total))
    }
  }

  /// Where the file lies on the board, which is where it was put first.
  @discardableResult
  private func put(
    _ file: String, on board: String, _ path: BoardPath, _ content: Content
  ) async throws(LabError) -> BoardPath {
    if Task.isCancelled { throw .cancelled }
    let item = Item(board: board, file: file)
    if let known = placed[item] { return known }
    let board = try lab.board(board)
    switch content {
    case .program: try await copy(file, to: board, path, .program)
    case .image:
      guard let sharing = board.find(.fileSharing) else {
        try await copy(file, to: board, path, .data)
        break
      }
      try await sharing.share(file, as: path)
    case .key: try await copy(file, to: board, path, .data)
    }
    placed[item] = path
    return path
  }
}

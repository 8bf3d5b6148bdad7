import LabCore
import LabManifest

/// Puts on the boards what they need for an exchange, and nothing twice.
actor Deployment {
  private struct Item: Hashable {
    var board: String
    var file: String
    /// Of a program, which is wanted where it is called; anything else is found wherever it lies.
    var place: BoardPath?
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
  /// - Parameter others: run instead of the lab's programs, which they lie beside.
  func prepare(
    _ exchange: Exchange, with others: BoardPrograms? = nil
  ) async throws(LabError) -> ExchangePlan {
    let places: ExchangePlan.ProgramPlaces = others == nil ? .usual : .others
    let programs = others ?? programs
    let image = ExchangePlan.boardPath(
      "images/\(placed.count)\(ImageName.suffix(of: exchange.image))")
    let folders = try await StoragePlacement(lab: lab, exchange: exchange.name)
      .folders(for: needs(of: exchange, image, programs, at: places))
    let place = folders[exchange.sender]?.appending(image) ?? image
    var plan = ExchangePlan(
      exchange: exchange, image: try await put(exchange.image, on: exchange.sender, place, .image),
      folders: folders)
    plan.programs = places
    try await put(programs.sender, on: exchange.sender, places.sender, .program)
    try await put(programs.receiver, on: exchange.receiver, places.receiver, .program)
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
  private func needs(
    of exchange: Exchange, _ image: BoardPath, _ programs: BoardPrograms,
    at places: ExchangePlan.ProgramPlaces
  ) -> [StoragePlacement.Need] {
    let bytes = FileStatus(exchange.image)?.bytes ?? 0
    func need(
      _ board: String, _ program: (String, BoardPath), image: (String, BoardPath)?,
      keeps: [StoredFile]
    ) -> StoragePlacement.Need {
      let known = [
        Item(board: board, file: program.0, place: program.1),
        image.map { Item(board: board, file: $0.0) },
      ]
      let new = zip([program, image], known).compactMap { file, item in
        item.flatMap { placed[$0] == nil ? file : nil }
      }
      let size = new.reduce(0) { $0 + (FileStatus($1.0)?.bytes ?? 0) }
      let imageSize = new.contains { $0.0 == image?.0 } ? bytes : 0
      let kept = UInt64(keeps.filter(exchange.store.contains).count) * bytes
      return StoragePlacement.Need(
        board: board, fixed: size - imageSize, movable: imageSize + kept, files: new.map(\.1))
    }
    return [
      need(
        exchange.sender, (programs.sender, places.sender),
        image: (exchange.image, image), keeps: [.senderEncrypted]),
      need(
        exchange.receiver, (programs.receiver, places.receiver), image: nil,
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
    let item = Item(board: board, file: file, place: content == .program ? path : nil)
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

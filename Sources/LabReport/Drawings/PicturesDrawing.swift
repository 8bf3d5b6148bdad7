import LabResults

/// An original beside what its ciphertexts show, for a file of its own; the page has figures in its text.
struct PicturesDrawing {
  struct Label {
    var x: Int
    var y: Int
    var text: String
    var isFirst: Bool
  }

  struct Cell {
    var x: Int
    var y: Int
    var width: Int
    var height: Int
    var uri: String
    /// Where there are fewer pixels than room; else averages show more of an outline than single pixels.
    var isSharp: Bool
    var label: [Label]
  }

  let cells: [Cell]
  let height: Int

  private struct Shown {
    var uri: String
    var width: Int
    var height: Int
    var label: String

    /// Nil for a sentence in a picture's place.
    init?(_ figure: ReportFigure, _ label: String) {
      guard case .image(let uri, let width, let height) = figure.content, width > 0 else {
        return nil
      }
      (self.uri, self.width, self.height, self.label) = (uri, width, height, label)
    }
  }

  private static let gap = 12
  private static let line = 16

  /// Of each original that was sent and of which something can be drawn; `pictures`, or each with the name of the first
  /// exchange that sent it.
  static func all(
    _ exchanges: [ExchangeResult], folder: String, _ size: DrawingSize
  ) -> [ReportDrawings.Entry] {
    let groups = GalleryView.groups(exchanges).compactMap { members in
      shown(members, folder).map { (first: members[0], pictures: $0) }
    }
    return groups.map { first, pictures in
      let title = "What a ciphertext shows of \(first.image.name)"
      let words = pictures.dropFirst().map(\.label).joined(separator: ", ")
      return ReportDrawings.Entry(
        name: groups.count == 1 ? "pictures" : "pictures-\(first.name)",
        title: Human.printable(title),
        description: Human.printable(
          "The original, and the encrypted bytes drawn as its pixels: \(words)."),
        drawing: .pictures(Self(pictures, size)))
    }
  }

  /// The original and each ciphertext; nil where one cannot be drawn.
  private static func shown(_ members: [ExchangeResult], _ folder: String) -> [Shown]? {
    let maker = FigureMaker()
    let files = members.map { ExchangeFiles($0, folder: folder) }
    guard let original = files[0].original,
      let first = Shown(maker.clear(path: original), "Original")
    else { return nil }
    let others = zip(members, files).compactMap { member, files in
      files.encrypted.flatMap {
        Shown(
          maker.encrypted(path: $0, originalPath: files.original),
          Human.printable("\(member.name): \(member.cipher)"))
      }
    }
    return others.count == members.count ? [first] + others : nil
  }

  private init(_ pictures: [Shown], _ size: DrawingSize) {
    let room = size.frame.width - 2 * DrawingView.edge
    let most = size == .column ? 3 : 4
    // Four are two by two in a column, so that none is alone in its row.
    let columns = pictures.count == most + 1 ? (most + 1) / 2 : min(most, pictures.count)
    let width = (room - (columns - 1) * Self.gap) / columns
    var (cells, top) = ([Cell](), 0)
    for start in stride(from: 0, to: pictures.count, by: columns) {
      let row = pictures[start..<min(start + columns, pictures.count)]
      let height = row.map { max(1, $0.height * width / $0.width) }.max() ?? 0
      var lines = 1
      for (column, picture) in row.enumerated() {
        let x = column * (width + Self.gap)
        let texts = DrawingView.broken(picture.label, to: max(1, width / 8))
        lines = max(lines, texts.count)
        cells.append(
          Cell(
            x: x, y: top, width: width, height: height, uri: picture.uri,
            isSharp: picture.width <= width,
            label: texts.enumerated().map { index, text in
              Label(
                x: x, y: top + height + Self.line * (index + 1), text: text, isFirst: index == 0)
            }))
      }
      top += height + Self.line * lines + Self.gap
    }
    (self.cells, height) = (cells, top)
  }
}

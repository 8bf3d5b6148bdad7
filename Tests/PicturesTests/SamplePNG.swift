/// PNG files of 2 by 2 pixels, one for each kind that cameras and programs write.
struct SamplePNG: Sendable {
  let name: String
  let base64: String
  /// As they are sent.
  let pixels: [UInt8]

  static let all = [
    SamplePNG(
      name: "palette",
      base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAMAAABFaP0WAAAADFBMVEX/AAAA/wAAAP/////7AGD2AAAA"
        + "DklEQVR4nGNgYGRgYgYAABEAB56iKhIAAAAASUVORK5CYII=",
      pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]),
    SamplePNG(
      name: "palette of 2 bits with transparency",
      base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACAgMAAAAP2OW3AAAADFBMVEX/AAAA/wAAAP/////7AGD2AAAA"
        + "AnRSTlP/AOW3MEoAAAAMSURBVHicYxBg2AAAAOQAwSeo6FcAAAAASUVORK5CYII=",
      pixels: [255, 0, 0, 255, 255, 255, 0, 0, 255, 255, 255, 255]),
    SamplePNG(
      name: "alpha",
      base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAFklEQVR4nGP4z8DwHwhB4H/D////OQE8"
        + "YQeDFf3hYAAAAABJRU5ErkJggg==",
      pixels: [255, 0, 0, 255, 255, 255, 127, 127, 255, 255, 255, 255]),
    SamplePNG(
      name: "16 bits",
      base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACEAIAAACtREYwAAAAEklEQVR4nGP4/58BDGA0kAEBAHWkC/Vt"
        + "huRdAAAAAElFTkSuQmCC",
      pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]),
    SamplePNG(
      name: "grey of 16 bits",
      base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACEAAAAAAHTY67AAAAEklEQVR4nGNgYGhoYPj/38EBAA5DA3+S"
        + "DjY3AAAAAElFTkSuQmCC",
      pixels: [0, 0, 0, 128, 128, 128, 255, 255, 255, 64, 64, 64]),
    SamplePNG(
      name: "interlaced",
      base64: "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAGK06rlAAAAD0lEQVR4nGP4zwAEEAIIACDuBfv1K+nK"
        + "AAAAAElFTkSuQmCC",
      pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]),
  ]
}

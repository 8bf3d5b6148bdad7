import Foundation
import ResultSamples
import TestSupport
import Testing

@testable import LabResults

@Suite struct RunResultTests {
  @Test func roundTripKeepsEverything() throws {
    var report = Sample.report([Sample.exchange("classic"), Sample.failed("wrong-key")])
    report.exchanges[0].warnings = ["A \"quoted\" / slashed warning with ünïcode."]
    #expect(try ReportFile.decode(ReportFile.encode(report)) == report)
  }

  @Test func jsonIsSortedAndCarriesTheVerdict() throws {
    let identical = try ReportFile.encode(Sample.report([Sample.exchange("classic")]))
    let failed = try ReportFile.encode(Sample.report([Sample.failed("wrong-key")]))
    #expect(try verdict(identical) == "identical")
    #expect(try verdict(failed) == "failed")
    let text = String(decoding: identical, as: UTF8.self)
    let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
    #expect(keys.count == 10)
    #expect(keys == keys.sorted())
    #expect(text.hasSuffix("}\n"))
  }

  @Test func verdictNeedsEveryExchangeAndAtLeastOne() {
    var different = Sample.exchange("b")
    different.judge(decryptedIsOriginal: false)
    #expect(Sample.report([Sample.exchange("a")]).verdict == .identical)
    #expect(Sample.report([Sample.exchange("a"), different]).verdict == .failed)
    #expect(Sample.report([]).verdict == .failed)
  }

  @Test func writesByRenameAndReadsBack() throws {
    let folder = try TemporaryFolder()
    let report = Sample.report([Sample.exchange("classic")])
    let path = try folder.write(Array("old".utf8), to: "report.json")
    // The second name keeps the old file if, and only if, the new one comes by rename.
    try FileManager.default.linkItem(atPath: path, toPath: folder.path("old.json"))
    try ReportFile.write(report, to: path)
    #expect(try ReportFile.read(path) == report)
    #expect(try folder.read("old.json") == Array("old".utf8))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(names.sorted() == ["old.json", "report.json"])
  }

  @Test func refusesWhatIsNoReport() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ReportFileError.unsupportedSchema(2)) {
      try ReportFile.decode(Data(#"{"schemaVersion":2}"#.utf8))
    }
    for text in ["", "[]", "{}", #"{"schemaVersion":1}"#, #"{"schemaVersion":"1"}"#] {
      let error = #expect(throws: ReportFileError.self) {
        try ReportFile.decode(Data(text.utf8))
      }
      guard case .notAReport = error else {
        Issue.record("\(text) gave \(String(describing: error))")
        continue
      }
    }
    let absent = folder.path("absent.json")
    let error = #expect(throws: ReportFileError.self) { try ReportFile.read(absent) }
    #expect(error?.description.contains(absent) == true)
    #expect(throws: ReportFileError.self) {
      try ReportFile.write("text", to: folder.path("no/such/folder/report.html"))
    }
  }

  private func verdict(_ json: Data) throws -> String? {
    let object = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
    return object["verdict"] as? String
  }
}

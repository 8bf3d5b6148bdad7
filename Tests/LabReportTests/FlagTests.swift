import LabResults
import ResultSamples
import TestSupport
import Testing

@testable import LabReport

/// The flags of a run in every form that shows those of an exchange.
struct FlagTests {
  private static let sentence = "P is not 2q+1 with a prime q"

  private func report() -> RunResult {
    var exchange = Sample.exchange("classic")
    let flags = ["unchecked-subgroup", "breakable-generator", "no-authentication"]
    exchange.senderResult?.insecure = flags
    exchange.receiverResult?.insecure = flags
    exchange.warnings = ["\(Self.sentence), so public values cannot be checked."]
    return Sample.report([exchange])
  }

  @Test func formsTellThem() throws {
    for form in [ReportForm.markdown, .text] {
      #expect(try form.render(report(), folder: "/").contains(Self.sentence), "\(form)")
    }
    let page = try HTMLReport(report: report(), folder: "/").render()
    #expect(page.contains("\(Self.sentence), so public values cannot be checked."))
    // What is not protected says it too.
    #expect(page.contains("A public value may lie in a small subgroup"))
    #expect(page.contains("whoever listens can compute the exponents"))
    #expect(!page.contains("Forward secrecy."))
    let values = String(decoding: try ReportFile.encode(report()), as: UTF8.self)
    for flag in ["unchecked-subgroup", "breakable-generator"] { #expect(values.contains(flag)) }
  }
}

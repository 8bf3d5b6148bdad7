import Testing

@testable import LabReport

/// Rows of tables that a phone shows as cards.
@Suite struct TableCardTests {
  @Test func cellsHaveTheirColumnsHeads() {
    let table = """
      <p>a &lt;td&gt;</p><table class="x cards narrow">
      <caption>c</caption><thead><tr><th scope="col">One</th><th scope="col" class="num">T&quot;wo</th></tr></thead>
      <tbody><tr><th scope="row"><code>r</code></th><td class="num">1</td></tr>
      <tr><th scope="row">s</th><td><a href="#a">2</a></td></tr></tbody></table>
      """
    #expect(
      TableCards.labelled(table) == """
        <p>a &lt;td&gt;</p><table role="table" class="x cards narrow">
        <caption>c</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">One</th>\
        <th role="columnheader" scope="col" class="num">T&quot;wo</th></tr></thead>
        <tbody role="rowgroup"><tr role="row"><th role="rowheader" data-label="One" scope="row"><code>r</code></th>\
        <td role="cell" data-label="T&quot;wo" class="num">1</td></tr>
        <tr role="row"><th role="rowheader" data-label="One" scope="row">s</th>\
        <td role="cell" data-label="T&quot;wo"><a href="#a">2</a></td></tr></tbody></table>
        """)
  }

  @Test func otherTablesAndWhatIsBrokenStay() {
    for text in [
      "", "<table class=\"facts\"><tr><td>cards</td></tr></table>",
      "<table class=\"cards\"><tr><td>1</td>",
    ] {
      #expect(TableCards.labelled(text) == text)
    }
  }
}

import Foundation
import FoundationXML
import HostKit

/// Elements by Foundation's XML library, which escapes what needs it.
package enum XML {
  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String? = nil,
    _ children: [XMLElement] = []
  ) -> XMLElement {
    let element = XMLElement(name: name)
    for (key, value) in attributes { element.set(key, value) }
    if let text { element.stringValue = text }
    for child in children { element.addChild(child) }
    return element
  }

  /// An element without attributes.
  package static func element(_ name: String, _ children: [XMLElement]) -> XMLElement {
    element(name, [:], children)
  }

  /// The whole as a text.
  package static func text(_ root: XMLElement) -> String { root.xmlString }

  /// - Throws: where the text is no XML.
  package static func parse(_ text: String) throws(XMLFault) -> XMLElement {
    let reader = TreeReader()
    let parser = XMLParser(data: Data(text.utf8))
    // What a daemon sends shall not make this process read files.
    parser.shouldResolveExternalEntities = false
    parser.delegate = reader
    guard parser.parse(), let root = reader.root, reader.open.isEmpty else {
      throw XMLFault(
        description: parser.parserError.map { ErrorWords.words(of: $0) } ?? "it ends too early")
    }
    return root
  }
}

/// Why a text is no XML.
package struct XMLFault: Error, Sendable, CustomStringConvertible {
  package var description: String
}

/// Makes elements of what the parser reports: XMLDocument ends the process over a text that is no XML.
private final class TreeReader: NSObject, XMLParserDelegate {
  var root: XMLElement?
  var open: [XMLElement] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    let element = XMLElement(name: name)
    for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { element.set(key, value) }
    if let parent = open.last { parent.addChild(element) } else { root = element }
    open.append(element)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { open.removeLast() }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    guard let element = open.last, !text.allSatisfy(\.isWhitespace),
      let node = XMLNode.text(withStringValue: text) as? XMLNode
    else { return }
    element.addChild(node)
  }
}

extension XMLElement {
  /// Gives the element an attribute, in place of an earlier one of that name.
  package func set(_ attribute: String, _ value: String) {
    if let node = XMLNode.attribute(withName: attribute, stringValue: value) as? XMLNode {
      addAttribute(node)
    }
  }

  /// Says what namespace a prefix stands for.
  package func declare(namespace uri: String, as prefix: String) {
    if let node = XMLNode.namespace(withName: prefix, stringValue: uri) as? XMLNode {
      addNamespace(node)
    }
  }

  package subscript(name: String) -> String? { attribute(forName: name)?.stringValue }

  /// The first element of that name, however deep: `devices/interface`.
  package func first(_ path: String) -> XMLElement? { all(path).first }

  /// Elements of a path of names, from this one's children on.
  package func all(_ path: String) -> [XMLElement] {
    path.split(separator: "/").reduce([self]) { found, name in
      found.flatMap { $0.elements(forName: String(name)) }
    }
  }
}

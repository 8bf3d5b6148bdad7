import CLibvirt
import Foundation
import FoundationXML

/// Elements by Foundation's XML library, which escapes what needs it.
enum XML {
  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String? = nil,
    _ children: [XMLElement] = []
  ) -> XMLElement {
    let element = XMLElement(name: name)
    for (key, value) in attributes { element.set(key, value) }
    if let text { element.stringValue = text }
    for child in children { element.addChild(child) }
    return element
  }

  static func element(_ name: String, _ children: [XMLElement]) -> XMLElement {
    element(name, [:], children)
  }

  /// The whole as a text.
  static func text(_ root: XMLElement) -> String { root.xmlString }

  /// - Throws: where the text is no XML.
  static func parse(_ text: String) throws(LibvirtError) -> XMLElement {
    do {
      // External entities are not looked at: what a daemon sends shall not make this process read files.
      let document = try XMLDocument(
        data: Data(text.utf8), options: [.nodeLoadExternalEntitiesNever])
      guard let root = document.rootElement() else { throw CocoaError(.fileReadCorruptFile) }
      root.detach()
      return root
    } catch {
      throw LibvirtError(
        code: VIR_ERR_XML_ERROR, description: "libvirt's description cannot be read: \(error)")
    }
  }
}

extension XMLElement {
  func set(_ attribute: String, _ value: String) {
    if let node = XMLNode.attribute(withName: attribute, stringValue: value) as? XMLNode {
      addAttribute(node)
    }
  }

  func declare(namespace uri: String, as prefix: String) {
    if let node = XMLNode.namespace(withName: prefix, stringValue: uri) as? XMLNode {
      addNamespace(node)
    }
  }

  subscript(name: String) -> String? { attribute(forName: name)?.stringValue }

  /// The first element of that name, however deep: `devices/interface`.
  func first(_ path: String) -> XMLElement? { all(path).first }

  /// Elements of a path of names, from this one's children on.
  func all(_ path: String) -> [XMLElement] {
    path.split(separator: "/").reduce([self]) { found, name in
      found.flatMap { $0.elements(forName: String(name)) }
    }
  }
}

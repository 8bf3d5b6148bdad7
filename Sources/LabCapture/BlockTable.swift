/// Blocks of 16 bytes and what belongs to each: open addressing under a random key, grown as needed.
struct BlockTable {
  /// 0 is an empty place; the block of zeros has its own.
  private var keys: [UInt128]
  private var valueOfZero: UInt128?
  private var values: [UInt128]
  private(set) var count = 0
  private let key = (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max))
  /// One in so many blocks is looked at, chosen by its value: of a block that is chosen, every
  /// occurrence is.
  let every: UInt64

  /// Most blocks that are held, up to chance: 2^20.
  static let limit: UInt64 = 1 << 20

  /// - Parameter blocks: blocks that will come, equal ones counted each.
  init(blocks: UInt64) {
    every = UInt64(Int((blocks + Self.limit - 1) / Self.limit).roundedUpToPowerOfTwo)
    keys = Array(repeating: 0, count: 1024)
    values = Array(repeating: 0, count: 1024)
  }

  func isChosen(_ block: UInt128) -> Bool { every == 1 || hash(block) >> 40 & (every - 1) == 0 }

  /// The value that the block has; where it has none it gets this one, and nil is returned.
  mutating func value(of block: UInt128, elseInsert value: UInt128) -> UInt128? {
    if block == 0 {
      defer { valueOfZero = valueOfZero ?? value }
      if valueOfZero == nil { count += 1 }
      return valueOfZero
    }
    if count * 2 >= keys.count { grow() }
    let slot = slot(of: block)
    if keys[slot] != 0 { return values[slot] }
    keys[slot] = block
    values[slot] = value
    count += 1
    return nil
  }

  /// How many values belong to more than one block, each such block but the first counted.
  var sharedValues: UInt64 {
    var all = keys.indices.filter { keys[$0] != 0 }.map { values[$0] }
    if let valueOfZero { all.append(valueOfZero) }
    all.sort()
    return zip(all, all.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
  }

  private func slot(of block: UInt128) -> Int {
    let mask = keys.count - 1
    var slot = Int(truncatingIfNeeded: hash(block)) & mask
    while keys[slot] != 0, keys[slot] != block { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    values = Array(repeating: 0, count: oldKeys.count * 2)
    for (block, value) in zip(oldKeys, oldValues) where block != 0 {
      let slot = slot(of: block)
      keys[slot] = block
      values[slot] = value
    }
  }

  private func hash(_ block: UInt128) -> UInt64 {
    let low = UInt64(truncatingIfNeeded: block) ^ key.0
    let product = low.multipliedFullWidth(by: UInt64(truncatingIfNeeded: block >> 64) ^ key.1)
    return product.high ^ product.low
  }
}

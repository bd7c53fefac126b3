import Kernels

/// Rotated keys and values of every position read so far, for some sequences.
struct KeyValueCache {
  private let model: ModelConfiguration
  private let capacity: Int
  private let slots: Int
  private let keys: FloatStorage
  private let values: FloatStorage

  /// Makes room for `slots` sequences of at most `capacity` positions.
  init(_ model: ModelConfiguration, slots: Int, capacity: Int) {
    self.model = model
    self.slots = slots
    self.capacity = capacity
    let count = model.layerCount * slots * model.keyValueWidth * capacity
    keys = FloatStorage(count: count)
    values = FloatStorage(count: count)
  }

  private func window(_ storage: FloatStorage, layer: Int, slot: Int, head: Int) -> FloatView {
    let count = model.headWidth * capacity
    return storage.view.window(((layer * slots + slot) * model.keyValueHeadCount + head) * count, count)
  }

  /// Keys of one head, transposed. Shape: `[headWidth, capacity]`.
  func keys(layer: Int, slot: Int, head: Int) -> FloatView { window(keys, layer: layer, slot: slot, head: head) }

  /// Values of one head. Shape: `[capacity, headWidth]`.
  func values(layer: Int, slot: Int, head: Int) -> FloatView { window(values, layer: layer, slot: slot, head: head) }

  /// Keeps keys and values of consecutive positions. Shape of `projected`: `[n, attentionInputWidth]`.
  func store(_ projected: Matrix, layer: Int, slot: Int, position: Int) {
    let width = model.headWidth
    for head in 0..<model.keyValueHeadCount {
      let (keyRoom, valueRoom) = (
        keys(layer: layer, slot: slot, head: head), values(layer: layer, slot: slot, head: head)
      )
      let key = projected.columns(model.queryWidth + head * width, width)
      let value = projected.columns(model.queryWidth + model.keyValueWidth + head * width, width)
      for row in 0..<projected.rows {
        valueRoom.window((position + row) * width, width).copy(from: value.rows(row, 1).view.window(0, width))
        let source = key.rows(row, 1).view
        for index in 0..<width { keyRoom[index * capacity + position + row] = source[index] }
      }
    }
  }
}

// Unpacks the progress of an application: version, then the fields in order; whole numbers as LEB128, moments as
// zigzag differences from the moment before (crates/store/src/packed.rs).

const VERSION = 1;

// The stages by their numbers (crates/domain/src/stage.rs).
const STAGES = {
  1: "submitted", 2: "accepted", 3: "under_review", 4: "signed", 5: "data_check", 6: "in_production",
  7: "quality_check", 8: "produced", 9: "in_distribution", 10: "mailed", 11: "ready_for_collection", 12: "collected",
  21: "not_accepted", 22: "correction_required", 23: "returned", 24: "remake", 25: "mail_returned",
  26: "uncollected", 27: "withdrawn", 28: "cancelled",
};

class Unpacker {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.millis = 0;
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let number = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) return number;
      scale *= 128;
    }
  }

  // Moments have more than 32 bits: no bit operators.
  signed() {
    const number = this.number();
    return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
  }

  moment() {
    this.millis += this.signed();
    return this.millis;
  }
}

export function unpack(bytes) {
  const from = new Unpacker(bytes);
  if (from.byte() !== VERSION) throw new Error("the progress is of another version");
  const progress = { stage: STAGES[from.byte()], since: from.moment(), heard: from.moment(), holder: from.number() };
  progress.cause = from.byte();
  progress.extension = from.byte();
  progress.timeline = Array.from({ length: from.number() }, () => ({
    stage: STAGES[from.byte()], organ: from.number(), happened: from.moment(), cause: from.byte(),
  }));
  return progress;
}

// Package landing is the pages of a run as they came, on disk: a Writer, which
// takes the store's lock, lands each before it counts, a Reader changes nothing.
// What a manifest counts is there, or an error names it; what a crash tore, and
// none counts, is passed over and cut off by the next Writer.
package landing

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// frame is one page in a segment: a skippable zstd frame with what finds the
// page again, then a zstd frame with its line. Every zstd reader passes over
// the first.
type frame struct {
	pageID    string // 26 characters
	fetchedAt int64  // microseconds since 1970
	rawLen    int    // bytes of the line
	headLen   int    // bytes of the line before the body
	at        int64  // offset in the segment
	size      int    // bytes in the segment, both frames
	sum       uint32 // CRC-32C of the second frame
}

// castagnoli is the CRC that processors compute at the speed of memory, so a
// segment can be checked without decompressing it.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns both frames and notes their size and checksum.
func (f *frame) encode(encoder *zstd.Encoder, line []byte) []byte {
	record := make([]byte, headerLen, headerLen+len(line)/4)
	record = encoder.EncodeAll(line, record)
	le := binary.LittleEndian
	le.PutUint32(record, skippable)
	le.PutUint32(record[4:], headerLen-8)
	copy(record[8:8+idLen], f.pageID)
	rest := record[8+idLen : headerLen]
	le.PutUint64(rest, uint64(f.fetchedAt))
	le.PutUint32(rest[8:], uint32(len(record)-headerLen))
	le.PutUint32(rest[12:], uint32(f.rawLen))
	le.PutUint32(rest[16:], uint32(f.headLen))
	f.size, f.sum = len(record), crc32.Checksum(record[headerLen:], castagnoli)
	le.PutUint32(rest[20:], f.sum)
	le.PutUint32(rest[24:], crc32.Checksum(record[:headerLen-4], castagnoli))
	return record
}

// foreignLen is how much of a first frame is looked at, in bytes: more than that
// of any version.
const foreignLen = 1 << 10

// foreign reports whether a first frame is whole and of another version: like
// ours it ends with its own checksum. A torn one does not.
func foreign(header []byte) bool {
	le := binary.LittleEndian
	length := le.Uint32(header[4:])
	if length < 8 || length > foreignLen-8 || int(length)+8 > len(header) {
		return false
	}
	end := int(length) + 4
	sum := le.Uint32(header[end:])
	return sum == crc32.ChecksumIEEE(header[:end]) || sum == crc32.Checksum(header[:end], castagnoli)
}

// parseFrame reads the first frame of a page at an offset.
func parseFrame(header []byte, at int64) (frame, error) {
	le := binary.LittleEndian
	if len(header) < headerLen || le.Uint32(header) != skippable {
		return frame{}, errTorn
	}
	if le.Uint32(header[4:]) != headerLen-8 {
		if foreign(header) {
			return frame{}, errVersion
		}
		return frame{}, errTorn
	}
	if le.Uint32(header[headerLen-4:]) != crc32.Checksum(header[:headerLen-4], castagnoli) {
		return frame{}, errTorn
	}
	rest := header[8+idLen:]
	return frame{
		pageID: string(bytes.TrimRight(header[8:8+idLen], "\x00")), fetchedAt: int64(le.Uint64(rest)),
		rawLen: int(le.Uint32(rest[12:])), headLen: int(le.Uint32(rest[16:])),
		at: at, size: headerLen + int(le.Uint32(rest[8:])), sum: le.Uint32(rest[20:]),
	}, nil
}

package parquet

import (
	"bytes"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// packer makes pages: it compresses their bodies and writes their headers. It
// has what is needed for one at a time, and is lent from file to file.
type packer struct {
	zstd    *zstd.Encoder
	body    []byte // of the page being made
	scratch []byte
	packed  []byte
	header  bytes.Buffer
	encoder *thrift.Encoder
}

func newPacker() (*packer, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
		// Ids are digits in which nothing repeats: without it they are not
		// packed at all, and take twice the room.
		zstd.WithAllLitEntropyCompression(true),
		zstd.WithZeroFrames(true), // a dictionary may be empty
		zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(windowBytes), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	p := &packer{zstd: encoder}
	p.encoder = thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(&p.header))
	return p, nil
}

// windowBytes is how far back zstd looks in a page of more than one block, that
// is of one long text. The encoder has twice as much memory for it.
const windowBytes = 512 << 10

// page packs p.body; the header lacks only sizes and checksum.
func (p *packer) page(h *format.PageHeader) ([]byte, error) {
	p.packed = p.zstd.EncodeAll(p.body, p.packed[:0])
	h.UncompressedPageSize = int32(len(p.body))
	h.CompressedPageSize = int32(len(p.packed))
	h.CRC = int32(crc32.ChecksumIEEE(p.packed))
	p.header.Reset()
	if err := p.encoder.Encode(h); err != nil {
		return nil, err
	}
	page := make([]byte, 0, p.header.Len()+len(p.packed))
	return append(append(page, p.header.Bytes()...), p.packed...), nil
}

// packers lends packers. There are as many as are in use at a time.
type packers struct {
	mu   sync.Mutex
	free []*packer
}

func (ps *packers) get() (*packer, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if n := len(ps.free); n > 0 {
		p := ps.free[n-1]
		ps.free = ps.free[:n-1]
		return p, nil
	}
	return newPacker()
}

func (ps *packers) put(p *packer) {
	p.body, p.packed = kept(p.body), kept(p.packed)
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.free = append(ps.free, p)
}

// drop gives up those that nobody has.
func (ps *packers) drop() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.free = nil
}

// kept empties a buffer to be used again. One that a single long text has made
// large goes.
func kept(buffer []byte) []byte {
	if cap(buffer) > 4*pageBytes {
		return nil
	}
	return buffer[:0]
}

package extract

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const (
	maxBody    = 16 << 20  // bytes of a page, compressed and decompressed
	maxRefusal = 256 << 10 // bytes of any other answer; the rest is cut off
	maxKept    = 4 << 10   // bytes of a body kept in errors and Page.Text
	maxHeader  = 64        // bytes of a header that a page keeps
	maxPooled  = 2 << 20   // bytes of a buffer worth keeping
)

// bodies reads answers, with buffers used again.
type bodies struct {
	buffers sync.Pool // *bytes.Buffer
	gunzips sync.Pool // *gzip.Reader
}

// read returns the decompressed body and its size on the wire. Over limit in
// either size it returns errTooLarge with what it has.
func (b *bodies) read(res *http.Response, limit int64) (body []byte, wire int64, err error) {
	m := &meter{r: res.Body, limit: limit}
	buf, _ := b.buffers.Get().(*bytes.Buffer)
	if buf == nil {
		buf = new(bytes.Buffer)
	}
	buf.Reset()
	if strings.EqualFold(res.Header.Get("Content-Encoding"), "gzip") {
		err = b.gunzip(buf, m, limit)
	} else {
		err = fill(buf, m, limit)
	}
	body = bytes.Clone(buf.Bytes())
	if buf.Cap() <= maxPooled {
		b.buffers.Put(buf)
	}
	return body, m.n, err
}

func (b *bodies) gunzip(buf *bytes.Buffer, r io.Reader, limit int64) (err error) {
	z, _ := b.gunzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	if err := z.Reset(r); err != nil {
		return err
	}
	defer b.gunzips.Put(z)
	return fill(buf, z, limit)
}

func fill(buf *bytes.Buffer, r io.Reader, limit int64) error {
	n, err := buf.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		buf.Truncate(int(limit))
		return errTooLarge
	}
	return err
}

// meter counts what is read and stops after limit.
type meter struct {
	r        io.Reader
	n, limit int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.n += int64(n); m.n > m.limit {
		return n, errTooLarge
	}
	return n, err
}

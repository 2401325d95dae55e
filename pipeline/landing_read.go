package pipeline

import (
	"encoding/json"
	"fmt"

	"github.com/spacesetl/spacesetl/schemas"
)

// PageBuffers are what ReadInto reads pages into, again and again.
type PageBuffers struct {
	packed, line, head []byte
	// params are those of pages read before: there are few, each with hundreds
	// of names.
	params map[string]schemas.Params
}

// maxParams bounds how many are kept.
const maxParams = 64

// paramsOf reads the params of a page's envelope.
func (b *PageBuffers) paramsOf(raw json.RawMessage) (schemas.Params, error) {
	if known, ok := b.params[string(raw)]; ok {
		return known, nil
	}
	var params schemas.Params
	if err := json.Unmarshal(raw, &params); err != nil {
		return nil, err
	}
	if b.params == nil || len(b.params) >= maxParams {
		b.params = map[string]schemas.Params{}
	}
	b.params[string(raw)] = params
	return params, nil
}

// Read reads a landed page.
func (l *Landing) Read(e Entry) (schemas.Page, error) { return l.ReadInto(e, &PageBuffers{}) }

// ReadInto reads a landed page, whose body is valid until the buffers are used
// again. Pages may share their Params.
func (l *Landing) ReadInto(e Entry, buffers *PageBuffers) (schemas.Page, error) {
	line, err := l.line(e.file, e.frame, buffers)
	if err != nil {
		return schemas.Page{}, fmt.Errorf("landing %s, page %s: %w", e.file, e.PageID, err)
	}
	var head struct {
		schemas.Page
		Params json.RawMessage `json:"params"`
	}
	buffers.head = append(append(buffers.head[:0], line[:e.frame.headLen]...), "null}"...)
	err = json.Unmarshal(buffers.head, &head)
	if err == nil && head.Params != nil {
		head.Page.Params, err = buffers.paramsOf(head.Params)
	}
	if err != nil {
		return schemas.Page{}, fmt.Errorf("landing %s, page %s: %w", e.file, e.PageID, err)
	}
	p := head.Page
	p.Body = line[e.frame.headLen : len(line)-len("}\n")]
	return p, nil
}

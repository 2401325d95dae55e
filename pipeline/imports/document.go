package imports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// strange is how many first lines without JSON make a file one of another form.
const strange = 100

// forms reads the forms that files have.
type forms struct{ answers }

// lines reads a file with a JSON text a line, or one over several lines.
func (r forms) lines(text *bufio.Reader) error {
	good, bad := 0, 0
	for n := 1; ; n++ {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		one, err := line(text, maxEntry)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLarge):
			r.unread("line", n, "%v", err)
			bad++
			continue
		case err != nil:
			r.unread("line", n, "%v", err) // what is before is read
			return nil
		}
		one = bytes.TrimSpace(one)
		switch {
		case len(one) == 0:
			continue
		case good+bad == 0 && begun(one):
			return r.document(io.MultiReader(bytes.NewReader(append(one, '\n')), text), texts)
		case !json.Valid(one):
			bad++
			if good == 0 && bad >= strange {
				r.found.Unread = r.found.Unread[:max(len(r.found.Unread)-bad+1, 0)]
				r.unread("", 0, "it has another form than JSON, JSON lines, twarc's, HAR and cassettes")
				return nil
			}
			r.unread("line", n, "it is no JSON")
			continue
		}
		good++
		if err := r.value("line", n, one); err != nil {
			return err
		}
	}
}

// begun reports whether a line is the first of a JSON text over several lines.
func begun(line []byte) bool {
	return (line[0] == '{' || line[0] == '[') && bytes.IndexByte([]byte("{[,:"), line[len(line)-1]) >= 0 && !json.Valid(line)
}

// leash ends a reader that goes on for longer than it was let.
type leash struct {
	r    io.Reader
	left int
}

func (l *leash) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errLarge
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// What a JSON file is, which can be of several lines.
const (
	texts     = iota // one after the other, or a recording
	list             // of them
	recording        // of HTTP
)

// document reads a JSON file.
func (r forms) document(text io.Reader, form int) error {
	held := &leash{r: text, left: maxEntry}
	d := decoding{forms: r, Decoder: json.NewDecoder(held), held: held}
	var err error
	switch {
	case form == list:
		_, err = d.Token()
		if err == nil {
			err = d.elements(func(n int, raw []byte) error { return r.value("entry", n, raw) })
		}
	case form == recording || d.recorded():
		err = d.recording(1)
	default:
		err = d.values()
	}
	var wrong *broken
	if errors.As(err, &wrong) {
		r.unread("", 0, "it ends being JSON after %d entries: %v", wrong.after, wrong.err)
		return nil
	}
	return err
}

// decoding is a JSON file being read.
type decoding struct {
	forms
	*json.Decoder
	held *leash
	n    int // entries read
}

// broken is a text that cannot be read any further.
type broken struct {
	after int
	err   error
}

func (b *broken) Error() string { return b.err.Error() }

func (d *decoding) wrong(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &broken{d.n, err}
}

// recorded reports whether the text is a recording, by its first key.
func (d *decoding) recorded() bool {
	text := bufio.NewReaderSize(d.held.r, 4<<10)
	head, _ := text.Peek(4 << 10)
	d.held.r = text
	return recordedKey.Match(bytes.TrimLeft(head, " \t\r\n"))
}

// next reads the next value whole.
func (d *decoding) next() (raw json.RawMessage, err error) {
	d.held.left = maxEntry
	if err := d.ctx.Err(); err != nil {
		return nil, err
	}
	if err := d.Decode(&raw); err != nil {
		return nil, d.wrong(err)
	}
	return raw, nil
}

func (d *decoding) values() error {
	for {
		d.held.left = maxEntry
		if !d.More() {
			return nil
		}
		raw, err := d.next()
		if err != nil {
			return err
		}
		d.n++
		if err := d.value("entry", d.n, raw); err != nil {
			return err
		}
	}
}

// elements hands over those of a list that has been begun.
func (d *decoding) elements(take func(n int, raw []byte) error) error {
	for d.held.left = maxEntry; d.More(); d.held.left = maxEntry {
		raw, err := d.next()
		if err != nil {
			return err
		}
		d.n++
		if err := take(d.n, raw); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return d.wrong(err)
	}
	return nil
}

// recording reads the requests of a HAR file or a cassette: the lists of these names in
// the object, or in the one that is its log.
func (d *decoding) recording(depth int) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return d.wrong(errors.Join(err, fmt.Errorf("%v, where an object is expected", t)))
	}
	for d.held.left = maxEntry; d.More(); d.held.left = maxEntry {
		key, err := d.Token()
		if err != nil {
			return d.wrong(err)
		}
		take := map[any]func(int, []byte) error{"entries": d.harEntry, "interactions": d.interaction, "http_interactions": d.interaction}[key]
		switch {
		case key == "log" && depth > 0:
			err = d.recording(depth - 1)
		case take != nil:
			if t, wrong := d.Token(); wrong != nil || t != json.Delim('[') {
				return d.wrong(errors.Join(wrong, fmt.Errorf("%v is no list", key)))
			}
			err = d.elements(take)
		default:
			_, err = d.next()
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return d.wrong(err)
	}
	return nil
}

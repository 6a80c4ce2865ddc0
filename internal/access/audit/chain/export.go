package chain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format is the version of exports.
const Format = 1

// maxLine bounds a line of an export: an entry has 64 KiB of data, escaped twice.
const maxLine = 1 << 20

// Line is one of an export. One of its fields is set; the first line is a Begin, then come
// the keys, the entries, each head after its entry, and End.
type Line struct {
	Begin *Begin `json:"begin,omitempty"`
	Key   *Key   `json:"key,omitempty"`
	// Entry is the JSON whose SHA-256 is Hash.
	Entry json.RawMessage `json:"entry,omitempty"`
	Hash  string          `json:"hash,omitempty"`
	// Head is a signed note.
	Head string `json:"head,omitempty"`
	End  *Place `json:"end,omitempty"`
	// Error is why the server has ended the export before its time.
	Error json.RawMessage `json:"error,omitempty"`
}

// Begin says what an export is of.
type Begin struct {
	Format int    `json:"format"`
	Tenant string `json:"tenant"`
	// After is the place that the first entry follows.
	After Place `json:"after"`
	// To is the number of the last entry.
	To int64 `json:"to"`
}

// EntryLine returns the line of an entry.
func EntryLine(e Entry) (Line, error) {
	text, err := e.Text()
	return Line{Entry: text, Hash: e.Hash}, err
}

// Read returns the entry of a line.
func (l Line) Read() (Entry, error) {
	var e Entry
	if err := json.Unmarshal(l.Entry, &e); err != nil {
		return Entry{}, fmt.Errorf("an entry cannot be read: %w", err)
	}
	e.Hash = l.Hash
	return e, nil
}

// ErrUnfinished says that an export has no end: it was cut off, and can be gone on with.
var ErrUnfinished = errors.New("the export is not finished")

// Lines calls fn for every line of an export with its number, until it fails. A last line
// that was cut off is ErrUnfinished, as is an export without an end.
func Lines(r io.Reader, fn func(n int, l Line) error) error {
	return Offsets(r, func(n int, l Line, _ int64) error { return fn(n, l) })
}

// Offsets is Lines with how many bytes the export has up to the end of the line.
func Offsets(r io.Reader, fn func(n int, l Line, end int64) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	ended := false
	end := int64(0)
	for n := 1; ; n++ {
		raw, err := readLine(in)
		if errors.Is(err, io.EOF) && len(bytes.TrimSpace(raw)) == 0 && ended {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return ErrUnfinished
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		var l Line
		decoder := json.NewDecoder(bytes.NewReader(raw))
		if err := decoder.Decode(&l); err != nil {
			return fmt.Errorf("line %d is no line of an export: %w", n, err)
		}
		ended, end = l.End != nil, end+int64(len(raw))
		if err := fn(n, l, end); err != nil {
			return err
		}
	}
}

func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(line) < maxLine:
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, errors.New("it is too long")
		default:
			return line, err
		}
	}
}

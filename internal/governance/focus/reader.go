package focus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/filekind"
)

const (
	// maxRow bounds one row: more is a quote that is never closed.
	maxRow = 4 << 20
	// maxCached bounds what is remembered of times and tags.
	maxCached = 20_000
)

// Reader reads billing files one after the other, row by row, in memory that does
// not grow with them. Where a header comes again, the next file begins.
type Reader struct {
	csv    *csv.Reader
	bound  *bounded
	layout layout
	files  []string
	file   int
	before int // lines of the files before
	times  map[string]string
	// currencies are those that were read, as ISO 4217 writes them.
	currencies map[string]string
	tags       map[string]string
	// Rows counts the rows of all files, Versions and Missing are what their headers tell.
	Rows     int64
	Versions []string
	Missing  []string
}

// NewReader reads plain or gzipped files; names are how problems call them.
func NewReader(r io.Reader, names []string) (*Reader, error) {
	plain, err := unpack(r)
	if err != nil {
		return nil, err
	}
	text := bufio.NewReaderSize(plain, 64<<10)
	head, _ := text.Peek(filekind.Head) // what keeps it from being read is told where it is
	if p, other := filekind.CSV(orFile(slices.Concat(names, []string{""})[0]), head, "export costs in the FOCUS format as CSV, plain or with gzip"); other {
		return nil, kernel.Errorf(kernel.Invalid, "this is no file of costs in the FOCUS format").WithProblems(p)
	}
	b := &bounded{from: &unmarked{from: text, begins: true}}
	c := csv.NewReader(b)
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	n := &Reader{csv: c, bound: b, files: names, file: -1, times: map[string]string{}, currencies: map[string]string{}, tags: map[string]string{}}
	return n, n.begin()
}

// unpack tells gzip by its first bytes; members one after the other are one stream.
func unpack(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	head, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	packed, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the file is not whole gzip: %w", err).WithFix("send it again")
	}
	return packed, nil
}

// begin reads the first header.
func (r *Reader) begin() error {
	header, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return kernel.Errorf(kernel.Invalid, "the file is empty").WithFix("export it again")
	}
	if err != nil {
		return r.broken(err)
	}
	return r.header(header)
}

func (r *Reader) header(row []string) error {
	r.file++
	line, _ := r.csv.FieldPos(0)
	r.before = line - 1
	l, problems := layoutOf(row)
	if len(problems) == len(needed()) {
		return r.foreign(row)
	}
	if len(problems) > 0 {
		for i := range problems {
			problems[i].File = r.name()
		}
		return kernel.Errorf(kernel.Invalid, "this is no file of costs in the FOCUS format").WithProblems(problems...)
	}
	r.layout = l
	for _, v := range []struct {
		to  *[]string
		add []string
	}{{&r.Versions, []string{l.version}}, {&r.Missing, l.missing}} {
		*v.to = append(*v.to, v.add...)
		slices.Sort(*v.to)
		*v.to = slices.Compact(*v.to)
	}
	return nil
}

// foreign is one word for a file that is something else.
func (r *Reader) foreign(row []string) error {
	return kernel.Errorf(kernel.Invalid, "this is no file of costs in the FOCUS format").WithProblems(kernel.Problem{
		File: r.name(), Line: 1, Column: 1,
		Message: fmt.Sprintf("it has none of the columns of FOCUS; its first row begins with %.120q", strings.Join(row, ",")),
		Fix:     "export costs in the FOCUS format, version 1.0 to 1.3, as CSV, with the names of columns in the first row",
	})
}

func (r *Reader) name() string {
	if r.file < len(r.files) {
		return r.files[r.file]
	}
	if r.file == 0 {
		return ""
	}
	return fmt.Sprintf("file %d", r.file+1)
}

// isHeader tells the header of the next file from a row.
func isHeader(row []string) bool {
	return slices.Contains(row, colBilled) && slices.Contains(row, colPeriodStart)
}

// Next reads a row into c. Problems are those of the row, which then counts for
// nothing; err ends the reading, io.EOF with the last row.
func (r *Reader) Next(c *Charge) ([]kernel.Problem, error) {
	for {
		r.bound.read = 0
		row, err := r.csv.Read()
		if bad, ok := errors.AsType[*csv.ParseError](err); ok && !errors.Is(err, errUnclosed) {
			r.Rows++
			return []kernel.Problem{{
				File: r.name(), Line: bad.StartLine - r.before, Column: bad.Column, Message: "the row cannot be read: " + bad.Err.Error(),
				Fix: "write a quote inside of a field twice, and quote every field that has one",
			}}, nil
		}
		if err != nil {
			return nil, r.broken(err)
		}
		if isHeader(row) {
			if err := r.header(row); err != nil {
				return nil, err
			}
			continue
		}
		r.Rows++
		p := parser{Reader: r, row: row}
		p.parse(c)
		return p.problems, nil
	}
}

// broken says why reading ends.
func (r *Reader) broken(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, errUnclosed):
		return kernel.Errorf(kernel.Invalid, "%s: after row %d a row has more than %d bytes", orFile(r.name()), r.Rows, maxRow).
			WithFix("look for a quote that is not closed in the row after it")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return kernel.Errorf(kernel.Invalid, "%s ends in the middle, after row %d: %w", orFile(r.name()), r.Rows, err).WithFix("export or send it again")
	}
	if kernel.KindOf(err) != kernel.Internal {
		return err
	}
	return kernel.Errorf(kernel.Invalid, "%s cannot be read after row %d: %w", orFile(r.name()), r.Rows, err).WithFix("export it again as CSV in UTF-8")
}

func orFile(name string) string {
	if name == "" {
		return "the file"
	}
	return name
}

var errUnclosed = errors.New("a row without end")

// bounded ends a row that has no end.
type bounded struct {
	from io.Reader
	read int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.read > maxRow {
		return 0, errUnclosed
	}
	n, err := b.from.Read(p)
	b.read += n
	return n, err
}

// remember keeps what was made of a text, as long as there is room.
func remember(cache map[string]string, key, value string) string {
	if len(cache) >= maxCached {
		clear(cache)
	}
	cache[strings.Clone(key)] = value
	return value
}

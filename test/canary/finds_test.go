package canary_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// planted is what is looked for, of the characters that each form writes its own way.
const planted = `cnry/a+b"c&d<e>-0123456789`

// TestTheSearchFinds: a search that finds nothing proves nothing unless it finds what is
// there, in each form and in what is packed. What is written here is written by what
// others made, not by the search.
func TestTheSearchFinds(t *testing.T) {
	t.Parallel()
	for name, text := range places(t) {
		found := searchFor(map[string]string{"it": planted, "another": "zzzz-zzzz-zzzz-zzzz"}).find(text)
		if len(found["it"]) == 0 || len(found["another"]) != 0 {
			t.Errorf("%s: found %v in %.200q", name, found, text)
		}
	}
	for name, text := range map[string]string{"a part": "cnry/a+b and more", "nothing": "", "case": strings.ToUpper(planted)} {
		if found := searchFor(map[string]string{"it": planted}).find([]byte(text)); len(found) != 0 {
			t.Errorf("%s is taken for it: %v", name, found)
		}
	}
}

// places are texts that have the value, by what they are.
func places(t *testing.T) map[string][]byte {
	t.Helper()
	inJSON := asJSON(t, map[string]string{"password": planted})
	escaped := ""
	for _, r := range planted {
		escaped += fmt.Sprintf(`\u%04X`, r)
	}
	all := map[string][]byte{
		"raw": []byte("before " + planted + " after"), "JSON": []byte(inJSON), "JSON in JSON": []byte(asJSON(t, inJSON)),
		"JSON in JSON in JSON": []byte(asJSON(t, asJSON(t, inJSON))), "all escaped": []byte(`{"it":"` + escaped + `"}`),
		"slashes escaped": []byte(strings.NewReplacer("/", `\/`, `"`, `\"`).Replace(planted)), "as Go quotes": fmt.Appendf(nil, "%q", planted),
		"bytes of C": []byte(strings.ReplaceAll(planted, "/", `\x2f`)),
		"hex":        []byte("before" + hex.EncodeToString([]byte(planted))), "HEX": fmt.Appendf(nil, "before%X", planted),
		"query": []byte("/?q=" + url.QueryEscape(planted)), "path": []byte("/a/" + url.PathEscape(planted) + "/b"),
		"every character in percent": []byte(percentAll(planted)), "UTF-16": utf16le(planted), "in two lines": []byte(planted[:11] + "\n    " + planted[11:]),
		"base64 of JSON":     []byte(base64.StdEncoding.EncodeToString([]byte(inJSON))),
		"base64, in columns": []byte(columns(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 40)+planted)), 64)),
		"gzip":               packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, planted),
		"zlib, as git's":     packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil }, planted),
		"zstd":               packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }, planted),
		"snappy":             packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return s2.NewWriter(w, s2.WriterSnappyCompat()), nil }, planted),
		"s2":                 packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return s2.NewWriter(w), nil }, planted),
		"zip":                packedBy(t, zipped, planted), "tar": packedBy(t, tarred, planted),
		"gzip cut off": packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, planted)[:6+40],
	}
	all["tar in gzip"] = packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, string(all["tar"]))
	all["zip in tar in gzip"] = packedBy(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		string(packedBy(t, tarred, string(all["zip"]))))
	for before := range 3 {
		text := []byte("xyz"[:before] + planted + "after")
		all[fmt.Sprint("base64 after ", before)] = []byte("a:" + base64.StdEncoding.EncodeToString(text))
		all[fmt.Sprint("base64url after ", before)] = []byte("a." + base64.RawURLEncoding.EncodeToString(text) + ".b")
	}
	return all
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func percentAll(text string) (out string) {
	for _, b := range []byte(text) {
		out += fmt.Sprintf("%%%02x", b)
	}
	return out
}

func utf16le(text string) (out []byte) {
	for _, r := range text {
		out = append(out, byte(r), 0)
	}
	return out
}

func columns(text string, width int) (out string) {
	for len(text) > width {
		out, text = out+text[:width]+"\n", text[width:]
	}
	return out + text
}

// packedBy is a text in a stream of a kind, with other bytes before and after it.
func packedBy(t *testing.T, open func(io.Writer) (io.WriteCloser, error), text string) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("before")
	w, err := open(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out.WriteString("after")
	return out.Bytes()
}

// entry is one file in an archive, which is closed with it.
type entry struct {
	io.Writer
	close func() error
}

func (e entry) Close() error { return e.close() }

func zipped(w io.Writer) (io.WriteCloser, error) {
	archive := zip.NewWriter(w)
	file, err := archive.Create("a/file")
	return entry{file, archive.Close}, err
}

// tarred writes a file of the size of what is written at once.
func tarred(w io.Writer) (io.WriteCloser, error) {
	archive := tar.NewWriter(w)
	return entry{sized{archive}, archive.Close}, nil
}

type sized struct{ *tar.Writer }

func (s sized) Write(text []byte) (int, error) {
	if err := s.WriteHeader(&tar.Header{Name: "file", Mode: 0o600, Size: int64(len(text))}); err != nil {
		return 0, err
	}
	return s.Writer.Write(text)
}

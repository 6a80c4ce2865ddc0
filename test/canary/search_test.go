package canary_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"
)

// unpackedMost bounds what is read of one archive.
const unpackedMost = 64 << 20

// forms are the ways in which programs write a value, by name.
func forms(value string) map[string]string {
	quoted, _ := json.Marshal(value) // a string has a JSON form
	all := map[string]string{
		"as it is": value, "JSON": strings.Trim(string(quoted), `"`),
		"hex": hex.EncodeToString([]byte(value)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(value))),
		"query": url.QueryEscape(value), "path": url.PathEscape(value),
	}
	for name, alphabet := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
		for before := range 3 {
			text := alphabet.EncodeToString(append(make([]byte, before), value...))
			all[name+" at "+string(rune('0'+before))] = text[(before*8+5)/6 : (before+len(value))*8/6]
		}
	}
	return all
}

// find names the forms in which a value is in a text, or in what is packed in it.
func find(text []byte, value string) (found []string) {
	all := forms(value)
	for _, part := range append(unpacked(text), text) {
		for name, form := range all {
			if bytes.Contains(part, []byte(form)) {
				found = append(found, name)
			}
		}
	}
	return found
}

// unpacked returns what the gzip streams in a text hold, wherever they begin, and the
// files of a zip archive.
func unpacked(text []byte) (parts [][]byte) {
	for rest := text; ; {
		at := bytes.Index(rest, []byte{0x1f, 0x8b, 8})
		if at < 0 {
			break
		}
		rest = rest[at:]
		if stream, err := gzip.NewReader(bytes.NewReader(rest)); err == nil {
			part, _ := io.ReadAll(io.LimitReader(stream, unpackedMost)) // what comes after the stream is no error of it
			parts = append(parts, part)
		}
		rest = rest[3:]
	}
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return parts
	}
	for _, file := range archive.File {
		if content, err := file.Open(); err == nil {
			part, _ := io.ReadAll(io.LimitReader(content, unpackedMost)) // a part of it is looked through, too
			parts = append(parts, part)
		}
	}
	return parts
}

// TestTheSearchFinds: a search that finds nothing proves nothing unless it finds what is
// there, in each form and in what is packed.
func TestTheSearchFinds(t *testing.T) {
	t.Parallel()
	const value = `cnry/a+b"c&d-0123456789`
	for name, form := range forms(value) {
		if len(find([]byte("before "+form+" after"), value)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	for before := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte("xyz"[:before] + value + "after"))
		if len(find([]byte(text), value)) == 0 {
			t.Errorf("base64 after %d bytes is not found", before)
		}
	}
	var packed bytes.Buffer
	packed.WriteString("before")
	stream := gzip.NewWriter(&packed)
	_, _ = stream.Write([]byte("in " + value)) // a buffer takes everything
	if err := stream.Close(); err != nil {
		t.Fatal(err)
	}
	if len(find(packed.Bytes(), value)) == 0 {
		t.Error("what is packed is not found")
	}
	if found := find([]byte("cnry/a+b and more"), value); found != nil {
		t.Errorf("a part of it is taken for it: %v", found)
	}
}

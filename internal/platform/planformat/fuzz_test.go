package planformat_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// FuzzRead compares what is read of a document with what encoding/json reads of it:
// nothing is taken that it refuses, and nothing is read otherwise.
func FuzzRead(f *testing.F) {
	const two = `{"address":"a.b","type":"a","change":{"actions":["no-op"]}},{"address":"a.c","type":"a","change":{"actions":["create"],"after":{"x":1e3}}}`
	for _, text := range []string{
		`{"format_version":"1.2","resource_changes":[` + two + `]}`,
		`{"format_version":"1.2","resource_changes":[` + two + `}}`,
		`{"format_version":"1.2","resource_changes":[` + two + `],"resource_changes":[` + two + `]}`,
		`{"format_version":"1.2","resource_changes":[` + two + `],"resource_changes":null}`,
		`{"format_version":"1.2","resource_changes":[` + two + `},"resource_changes":[` + two + `]}`,
		`{"format_version":"1.2","resource\u005fchanges":[` + two + `],"x":{"resource_changes":[` + two + `]}}`,
		`{"format_version":"1.2","x\"resource_changes":[` + two + `],"planned_values":{"root_module":{}}}`,
		`{"format_version":"1.2","resource_changes" : [ ` + two + ` ] , "errored":true} {}`,
		`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":"\ud800\udc00\ud800","type":"` + "\xff" + `"}]}}}`,
		`{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","instances":[{"attributes":{"n":-0.10E+5}}]}]}`,
		`{"format_version":"1.2","planned_values":{"root_module":[]},"a":[1,],"b":01,"c":-,"d":1.}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		sameOfValues(t, content)
		d, err := planformat.Read("p.json", bytes.Clone(content))
		if err != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
		decoder.UseNumber()
		var want map[string]any
		if err := errors.Join(decoder.Decode(&want), more(decoder)); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if want["resource_changes"] == nil && d.Values["resource_changes"] != nil {
			return // of two the one that has something counts
		}
		if !reflect.DeepEqual(d.Values, want) {
			t.Fatalf("got  %v\nwant %v", d.Values, want)
		}
		if changes, _ := d.Changes(); d.Written != nil && len(changes) != len(d.Written) {
			t.Fatalf("%d changes, %d written", len(changes), len(d.Written))
		}
	})
}

// sameOfValues compares what is said of values with what is said of the text of them.
func sameOfValues(t *testing.T, content []byte) {
	t.Helper()
	values, whole := decoded(string(content))
	if !whole {
		return
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	read, ofText := planformat.Read("p.json", text)
	taken, ofValues := planformat.Of("p.json", values)
	if (ofText == nil) != (ofValues == nil) || ofText == nil && (read.Kind != taken.Kind || !reflect.DeepEqual(read.Values, taken.Values)) {
		t.Fatalf("of the text %v, %v\nof the values %v, %v", read, ofText, taken, ofValues)
	}
}

func more(d *json.Decoder) error {
	if d.More() || strings.TrimSpace(string(rest(d))) != "" {
		return errors.New("text comes after it")
	}
	return nil
}

func rest(d *json.Decoder) []byte {
	var b bytes.Buffer
	_, _ = b.ReadFrom(d.Buffered())
	return b.Bytes()
}

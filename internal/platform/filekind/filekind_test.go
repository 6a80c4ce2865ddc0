package filekind_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/filekind"
)

func TestFilesAreToldByTheirHeads(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"PK\x03\x04abc": "a zip archive", "\x1f\x8b\x08": "compressed with gzip", "\xff\xfea\x00": "in UTF-16", "a\x00,\x00": "in UTF-16", "\x00a\x00": "in UTF-16",
		" \n{\"a\": 1}": "JSON", "[1]": "JSON", "\xef\xbb\xbf<html>": "HTML or XML", "PAR1": "in Parquet", "BZh9": "compressed with bzip2",
		"": "", "a,b\n1,2": "", "\xef\xbb\xbfBilledCost,": "", "P": "",
	} {
		if k, ok := filekind.Of([]byte(head)); ok != (want != "") || k.Is != want {
			t.Errorf("%q is %q, want %q", head, k.Is, want)
		}
	}
}

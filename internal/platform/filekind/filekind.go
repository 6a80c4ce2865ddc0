// Package filekind tells by its first bytes what a file is that is given in the place
// of another.
//
// It owns what such files begin with and how they are unpacked. What is expected
// instead, and where to get it, its callers say.
package filekind

import (
	"bytes"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Head is how many bytes tell all kinds.
const Head = 512

// Kind is what a file is.
type Kind struct {
	// Is goes on from "the file is": compressed with gzip.
	Is string
	// Unpack is the command that writes what is in FILE, "" where nothing is packed.
	Unpack string
	form   form
}

type form int

const (
	packed form = iota
	archive
	utf16
	markup
	json
)

// IsArchive says that it is a zip archive: terraform keeps plans as one.
func (k Kind) IsArchive() bool { return k.form == archive }

// IsUTF16 says that it is text in UTF-16, as some tools of Windows write it.
func (k Kind) IsUTF16() bool { return k.form == utf16 }

// IsJSON says that it begins as an object or a list of JSON.
func (k Kind) IsJSON() bool { return k.form == json }

// kinds are by what they begin with.
func kinds() map[string]Kind {
	return map[string]Kind{
		"PK\x03\x04":       {"a zip archive", "unzip -p FILE", archive},
		"\x1f\x8b":         {"compressed with gzip", "gunzip -c FILE", packed},
		"BZh":              {"compressed with bzip2", "bunzip2 -c FILE", packed},
		"\xfd7zXZ":         {"compressed with xz", "xz -dc FILE", packed},
		"\x28\xb5\x2f\xfd": {"compressed with zstd", "zstd -dc FILE", packed},
		"PAR1":             {"in Parquet", "", packed},
		"\xff\xfe":         {"in UTF-16", "", utf16},
		"\xfe\xff":         {"in UTF-16", "", utf16},
		"<":                {"HTML or XML", "", markup},
		"{":                {"JSON", "", json},
		"[":                {"JSON", "", json},
	}
}

// Of tells what a file is by its head, false where it may be any other text.
func Of(head []byte) (Kind, bool) {
	said := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(said) > 1 && (said[0] == 0) != (said[1] == 0) {
		return Kind{Is: "in UTF-16", form: utf16}, true
	}
	for begins, k := range kinds() {
		if bytes.HasPrefix(said, []byte(begins)) {
			return k, true
		}
	}
	return Kind{}, false
}

// CSV is what is wrong with a file where CSV is expected, false where nothing is by its
// first bytes. How such a file is made, fix says.
func CSV(name string, head []byte, fix string) (kernel.Problem, bool) {
	k, other := Of(head)
	if !other {
		return kernel.Problem{}, false
	}
	switch {
	case k.IsUTF16():
		fix = "write it in UTF-8: `iconv -f UTF-16 -t UTF-8 FILE > new.csv`; in PowerShell: `Get-Content FILE | Set-Content -Encoding utf8 new.csv`"
	case k.Unpack != "":
		fix = "unpack it: `" + k.Unpack + " > new.csv`"
	}
	return kernel.Problem{File: name, Message: "it is " + k.Is + ", not CSV", Fix: strings.ReplaceAll(fix, "FILE", name)}, true
}

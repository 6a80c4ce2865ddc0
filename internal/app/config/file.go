package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const maxFile = 1 << 20

// readFile reads the file, and says where its values are; keys that are not known are refused, with
// their lines.
func readFile(path string) (values, places, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, invalid([]kernel.Problem{{File: path, Message: "the file cannot be read: " + reasonOf(err)}})
	}
	defer func() { _ = f.Close() }()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil || len(src) > maxFile {
		return nil, nil, invalid([]kernel.Problem{{File: path, Message: "the file cannot be read, or is larger than 1 MiB"}})
	}
	if problems := strict(path, src); len(problems) > 0 {
		return nil, nil, invalid(problems)
	}
	out := values{}
	if err := yaml.Unmarshal(src, &out); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return out, placesOf(src), nil
}

func reasonOf(err error) string {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// strict decodes src into a Config and returns all that does not fit.
func strict(path string, src []byte) []kernel.Problem {
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	decoder.KnownFields(true)
	var c Config
	err := decoder.Decode(&c)
	if err == nil {
		if err = decoder.Decode(new(yaml.Node)); err == nil {
			return []kernel.Problem{{File: path, Message: "there is more than one document in the file"}}
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	var problems []kernel.Problem
	for _, message := range messagesOf(err) {
		problems = append(problems, problemOf(path, message))
	}
	return problems
}

func messagesOf(err error) []string {
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		return e.Errors
	}
	return []string{strings.TrimPrefix(err.Error(), "yaml: ")}
}

var (
	lineOf     = regexp.MustCompile(`^line (\d+): (.*)$`)
	unknownKey = regexp.MustCompile(`^field (\S+) not found in type`)
	wrongType  = regexp.MustCompile("^cannot unmarshal !!\\w+(?: (`.*`))? into (\\S+)$")
)

// problemOf puts yaml's message into words that do not need Go.
func problemOf(path, message string) kernel.Problem {
	p := kernel.Problem{File: path, Message: message}
	if m := lineOf.FindStringSubmatch(message); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // digits
		p.Column, p.Message = 1, m[2]
	}
	if m := unknownKey.FindStringSubmatch(p.Message); m != nil {
		p.Path, p.Message, p.Fix = m[1], fmt.Sprintf("the key %q is not known", m[1]), "see docs/reference/config.yaml for the keys"
		if near := nearest(m[1]); near != "" {
			p.Fix = fmt.Sprintf("did you mean %q?", near)
		}
	}
	if m := wrongType.FindStringSubmatch(p.Message); m != nil {
		p.Message = strings.TrimSpace(m[1]+" is not ") + " " + typeWord(m[2])
		if m[1] == "" {
			p.Message = "this is not " + typeWord(m[2])
		}
	}
	return p
}

func typeWord(goType string) string {
	switch {
	case goType == "int":
		return "a whole number"
	case goType == "bool":
		return "true or false"
	case goType == "string":
		return "one value"
	case goType == "time.Duration":
		return "a duration such as 10s"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	default:
		return "a group of keys"
	}
}

// nearest returns the key that was meant, if one is near.
func nearest(wrong string) string {
	best, distance := "", 3
	for _, f := range fields() {
		if d := editDistance(strings.ToLower(wrong), strings.ToLower(f.key)); d < distance {
			best, distance = f.key, d
		}
	}
	return best
}

// editDistance counts the single-letter edits between a and b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

package httpserver

import (
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// schemaNames returns the function that names schemas in the OpenAPI document.
// Rooms have types of the same name, so a type of a room is named with it,
// unless its name says so already: run.Run is Run, release.Artifact is
// ReleaseArtifact. Types without a name get huma's hint, numbered when it is taken.
func schemaNames() func(t reflect.Type, hint string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Name() != "" {
			return nameOf(t)
		}
		base := capital(lettersOnly(hint))
		name := base
		for n := 2; taken[name] != nil && taken[name] != t; n++ {
			name = base + strconv.Itoa(n)
		}
		if t.Kind() == reflect.Struct {
			taken[name] = t
		}
		return name
	}
}

// typeWord is one name in the name of a generic type, with or without its package.
var typeWord = regexp.MustCompile(`[\w./~-]+`) //nolint:gochecknoglobals // a constant

func nameOf(t reflect.Type) string {
	name := ""
	for i, word := range typeWord.FindAllString(t.Name(), -1) {
		dot := strings.LastIndex(word, ".")
		switch {
		case i == 0:
			name += inRoom(t.PkgPath(), word)
		case dot >= 0:
			name += inRoom(word[:dot], word[dot+1:])
		default:
			name += capital(word)
		}
	}
	return name
}

// inRoom puts the room before a name that does not have it; the kernel and the
// technical packages have no room.
func inRoom(pkg, name string) string {
	room := strings.TrimSuffix(path.Base(pkg), "api")
	name = capital(name)
	bare := !strings.Contains(pkg, "/internal/") || strings.Contains(pkg, "/internal/platform/") || room == "kernel"
	if bare || strings.Contains(strings.ToLower(name), room) {
		return name
	}
	return capital(room) + name
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func lettersOnly(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}), "")
}

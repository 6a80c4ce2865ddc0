package httpserver

import (
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// names names the schemas of the OpenAPI document. The types of an api package
// are the wire and keep their names; a type that a room itself shows is named
// with the room, unless its name says so already: run.Run is Run, release.Artifact
// is ReleaseArtifact. A body without a name gets its operation's: DeployRequest.
type names struct {
	bodies map[reflect.Type]string
	taken  map[string]reflect.Type
}

func newNames() *names {
	return &names{bodies: map[reflect.Type]string{}, taken: map[string]reflect.Type{}}
}

// operation gives the bodies of in and out that have no name that of the operation.
func (n *names) operation(id string, in, out reflect.Type) {
	n.body(in, camel(id)+"Request")
	n.body(out, camel(id)+"Response")
}

func (n *names) body(of reflect.Type, name string) {
	f, ok := of.FieldByName("Body")
	if !ok || f.Type.Kind() != reflect.Struct || f.Type.Name() != "" {
		return
	}
	if other := n.bodies[f.Type]; other != "" && other != name {
		panic("httpserver: " + name + " and " + other + " are one type: give it a name") // a mistake of the program
	}
	n.bodies[f.Type] = name
}

// of names a type; other types without a name get huma's hint, numbered when it is taken.
func (n *names) of(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() != "" {
		return nameOf(t)
	}
	if name := n.bodies[t]; name != "" {
		return name
	}
	base := camel(hint)
	name := base
	for i := 2; n.taken[name] != nil && n.taken[name] != t; i++ {
		name = base + strconv.Itoa(i)
	}
	if t.Kind() == reflect.Struct {
		n.taken[name] = t
	}
	return name
}

// typeWord is one name in the name of a generic type, with or without its package.
var typeWord = regexp.MustCompile(`[\w./~-]+`)

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

// inRoom puts the room before a name that does not have it; the kernel, the
// technical packages and the wire's own types have no room.
func inRoom(pkg, name string) string {
	room := path.Base(pkg)
	name = capital(name)
	bare := !strings.Contains(pkg, "/internal/") || strings.Contains(pkg, "/internal/platform/") ||
		room == "kernel" || room == "app" || strings.HasSuffix(room, "api")
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

// camel joins the words of an id: get-run is GetRun.
func camel(id string) string {
	words := strings.FieldsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
	for i, w := range words {
		words[i] = capital(w)
	}
	return strings.Join(words, "")
}

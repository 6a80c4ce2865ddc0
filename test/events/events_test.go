// Package events keeps docs/reference/events.md: the types of events, read from
// the code that records facts.
//
// It owns that list. What the types mean is their rooms'.
package events_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
)

const (
	root = "../../internal"
	page = "../../docs/reference/events.md"
)

// whole is the type of a fact: what it is about, and what happened to it.
var whole = regexp.MustCompile(`^([a-z]+([_-][a-z]+)*|secret\.sync)\.[a-z]+([_-][a-z]+)*$`)

// verb is the end of one.
var verb = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// room is what one package says.
type room struct {
	name    string
	records bool
	// texts are its string literals, types those of its facts, and verbs those that
	// follow the prefix of its facts.
	texts, types, verbs []string
	prefix              string
}

func TestTheListOfTypesIsComplete(t *testing.T) {
	t.Parallel()
	rooms, permissions := read(t)
	types := map[string][]string{} // the rooms that record each
	for name, verbs := range chosen() {
		for _, v := range verbs {
			if rooms[name] == nil || !slices.Contains(rooms[name].texts, v) {
				t.Errorf("%s no longer says %q", name, v)
			}
			rooms[name].verbs = append(rooms[name].verbs, v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rooms)) {
		r := rooms[name]
		told := map[string]bool{}
		if r.prefix != "" && len(r.verbs) == 0 {
			told[r.prefix+"*"] = true
		}
		for _, v := range r.verbs {
			told[r.prefix+v] = true
		}
		for _, s := range r.types {
			told[s] = true
		}
		for _, s := range r.texts {
			if r.records && whole.MatchString(s) && !permissions[s] && !strings.HasPrefix(s, "run.") && !notFacts()[s] {
				told[s] = true
			}
		}
		for s := range told {
			types[s] = append(types[s], "`"+name+"`")
		}
	}
	b := pageOf(t, types)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(page)
	if err != nil || string(kept) != b {
		t.Errorf("%s is not what the code says (%v): write it with UPDATE=1 go test ./test/events", page, err)
	}
	for _, want := range []string{"run.succeeded", "secret.changed", "subscription.paused", "rule.fired", "user.created"} {
		if types[want] == nil {
			t.Errorf("%s is not found: the search is broken", want)
		}
	}
}

// pageOf returns the page, of the types that eventtype knows; each is one that a
// room records, and has its data from there.
func pageOf(t *testing.T, types map[string][]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Types of events\n\nEvery fact becomes a CloudEvent whose type is `dev.terrace.` and the name here; its subject is the id or the name of the thing it is about.\n" +
		"`data` are the members of its data, with their JSON type where they are no texts; those with a question mark may be missing, and there may be others.\n" +
		"The daemon serves a JSON schema of each at `/api/v1/schemas/events/NAME/VERSION`, without a token; it is the attribute `dataschema` of the events.\n\n" +
		"Rooms are packages under `internal`. This list is read from them and from `internal/fabric/event/eventtype`: `UPDATE=1 go test ./test/events` writes it.\n\n" +
		"| type | version | data | recorded by |\n|---|---|---|---|\n")
	left := maps.Clone(types)
	for _, known := range eventtype.All() {
		noun, _, _ := strings.Cut(known.Name, ".")
		recorders := types[known.Name]
		if recorders == nil {
			recorders = types[noun+".*"]
		}
		if recorders == nil {
			t.Errorf("%s is a type of eventtype that no room records", known.Name)
		}
		delete(left, known.Name)
		delete(left, noun+".*")
		b.WriteString("| `" + known.Name + "` | " + strconv.Itoa(known.Version) + " | " + dataOf(known) + " | " + strings.Join(recorders, ", ") + " |\n")
	}
	for name, recorders := range left {
		t.Errorf("%v record %s, which eventtype does not know: add it with its data", recorders, name)
	}
	return b.String()
}

func dataOf(known eventtype.Type) string {
	var all []string
	for _, f := range known.Fields() {
		name := f.Name
		if f.Optional {
			name += "?"
		}
		if f.Kind != "string" {
			name += ":" + f.Kind
		}
		all = append(all, "`"+name+"`")
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, " ")
}

// TestTheDataIsWhatRoomsRecord holds that each member of a type's data is named in
// the room that records it.
func TestTheDataIsWhatRoomsRecord(t *testing.T) {
	t.Parallel()
	rooms, _ := read(t)
	said := map[string][]string{}
	for _, r := range rooms {
		for _, s := range r.texts {
			if tag := reflect.StructTag(s).Get("json"); tag != "" {
				s, _, _ = strings.Cut(tag, ",")
			}
			said[s] = append(said[s], r.name)
		}
	}
	for _, known := range eventtype.All() {
		for _, f := range known.Fields() {
			if len(said[f.Name]) == 0 {
				t.Errorf("no room says %q, which is in the data of %s", f.Name, known.Name)
			}
		}
	}
}

// chosen are verbs that a room looks up before it records them.
func chosen() map[string][]string {
	return map[string][]string{"governance/drift": {"accepted", "reverted", "resolved"}}
}

// notFacts are texts of rooms that only look like types of facts.
func notFacts() map[string]bool {
	out := map[string]bool{}
	for _, s := range strings.Fields("go.mod go.sum main.tf tools.go lock.hcl kek.key adopted.tf candidate.x m.project s.stage s.name u.name excluded.due metadata.outputs gitops.repository definitions.yaml stages.yaml score.yaml apis.yaml gpg.format metadata.name spec.module manifest.json root.pem root-key.pem workloads-key.pem workloads.pem secondary.allow start.contact azconfig.io azure-api.net azurewebsites.net azurecr.io") {
		out[s] = true
	}
	return out
}

// read returns the packages, and the permissions, which are named alike.
func read(t *testing.T) (rooms map[string]*room, permissions map[string]bool) {
	t.Helper()
	rooms, permissions = map[string]*room{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, filepath.Dir(path)) // below root
		if rooms[name] == nil {
			rooms[name] = &room{name: name}
		}
		ast.Inspect(f, func(n ast.Node) bool { rooms[name].look(n); return true })
		if strings.HasSuffix(path, "identity/decision.go") {
			ast.Inspect(f, func(n ast.Node) bool {
				if kv, ok := n.(*ast.KeyValueExpr); ok {
					permissions[text(kv.Key)] = true
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rooms, permissions
}

func (r *room) look(n ast.Node) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if s, ok := n.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Fact" {
			r.records = true
			r.fact(n)
		}
	case *ast.BasicLit:
		r.texts = append(r.texts, text(n))
	case *ast.KeyValueExpr: // change{fact: "approved"} of a run
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "fact" && text(n.Value) != "" {
			r.verbs = append(r.verbs, text(n.Value))
		}
	case *ast.ValueSpec:
		r.constant(n)
	case *ast.CallExpr: // s.record(ctx, sub, "created", …)
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "record" {
			for _, a := range n.Args[min(len(n.Args), 1):min(len(n.Args), 3)] {
				if verb.MatchString(text(a)) {
					r.verbs = append(r.verbs, text(a))
				}
			}
		}
		r.open(n)
	case *ast.AssignStmt: // verb := "resumed"
		if name, ok := n.Lhs[0].(*ast.Ident); ok && name.Name == "verb" && text(n.Rhs[0]) != "" {
			r.verbs = append(r.verbs, text(n.Rhs[0]))
		}
	}
}

// open reads recordX(ctx, "verification." + status, …), whose ends are the room's to say.
func (r *room) open(n *ast.CallExpr) {
	s, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(s.Sel.Name, "record") {
		return
	}
	for _, a := range n.Args {
		if sum, ok := a.(*ast.BinaryExpr); ok && strings.HasSuffix(text(sum.X), ".") {
			r.types = append(r.types, text(sum.X)+"*")
		}
	}
}

// fact reads Fact{Type: "prefix." + "verb"}.
func (r *room) fact(n *ast.CompositeLit) {
	for _, e := range n.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, named := kv.Key.(*ast.Ident); !named || key.Name != "Type" {
			continue
		}
		if whole := text(kv.Value); whole != "" {
			r.types = append(r.types, whole)
		}
		sum, ok := kv.Value.(*ast.BinaryExpr)
		if !ok {
			continue
		}
		if prefix := text(sum.X); prefix != "" {
			r.prefix = prefix
		}
		if verb := text(sum.Y); verb != "" {
			r.verbs = append(r.verbs, verb)
		}
	}
}

// constant reads the statuses of runs, the outcomes of rules, and prefixes of facts.
func (r *room) constant(n *ast.ValueSpec) {
	if len(n.Values) == 0 {
		return
	}
	value := text(n.Values[0])
	if n.Names[0].Name == "factPrefix" {
		r.prefix = value
	}
	if kind, ok := n.Type.(*ast.Ident); ok && (kind.Name == "Status" && r.name == "delivery/run" || kind.Name == "Outcome" && slices.Contains([]string{"refused", "failed", "looped", "limited"}, value)) {
		r.verbs = append(r.verbs, value)
	}
}

func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value) // the parser has read it
	return s
}

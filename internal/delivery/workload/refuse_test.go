package workload_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// base is a valid file whose marker lines the cases replace; its resources and
// containers are what placeholders and before may name.
const base = `apiVersion: score.dev/v1b1
metadata:
  name: orders
  annotations: {team: shop}
containers:
  main:
    image: busybox
#MAIN
  side:
    image: busybox
resources:
  cache:
    type: redis
#CACHE
#TOP
`

func with(marker, text string) string {
	return strings.Replace(base, marker, text, 1)
}

type refusal struct {
	src          string
	line, column int
	path         string
	message, fix string
}

func refusals() map[string]refusal {
	return map[string]refusal{
		"empty":              {"", 1, 1, "", "empty", "keys"},
		"only a comment":     {"# nothing\n", 1, 1, "", "empty", "keys"},
		"a list":             {"- a\n", 1, 1, "", "must be an object, not a list", "keys"},
		"no YAML":            {"a: [1\nb: 2\n", 1, 1, "", "not YAML", "indentation"},
		"a tab":              {"a:\n\tb: 1\n", 2, 2, "", "not YAML", "indentation"},
		"two documents":      {base + "---\na: 1\n", 16, 1, "", "second document", "one document"},
		"duplicate key":      {with("#TOP", "metadata: {}"), 15, 1, "metadata", `"metadata" is here a second time`, "line 2"},
		"an alias":           {with("#TOP", "service: &a {ports: *a}"), 15, 21, "service.ports", "aliases", "write the value out"},
		"a merge key":        {with("#MAIN", "    <<: {image: x}"), 8, 5, "containers.main", "merge keys", "write the keys out"},
		"a secret elsewhere": {with("#CACHE", "    params: {a: \"${secret:x}\"}"), 14, 18, "resources.cache.params.a", "put in where a container starts", "variables or files"},
		"no secret's name":   {with("#MAIN", "    variables: {A: \"${secret:a b}\"}"), 8, 30, "containers.main.variables.A", "no name of a secret", "${secret:NAME#KEY}"},
		"an own tag":         {with("#MAIN", "    args: [!secret x]"), 8, 12, "containers.main.args[0]", "!secret", "without a tag"},
		"unknown top key":    {with("#TOP", "resource: {}"), 15, 1, "resource", `unknown key "resource"`, "did you mean resources?"},
		"unknown key":        {with("#MAIN", "    enviroment: {}"), 8, 5, "containers.main.enviroment", "unknown key", "the keys here are image"},
		"misspelt key":       {with("#MAIN", "    variabels: {}"), 8, 5, "containers.main.variabels", "unknown key", "did you mean variables?"},
		"wrong version":      {strings.Replace(base, "v1b1", "v1", 1), 1, 13, "apiVersion", `"score.dev/v1"`, "score.dev/v1b1"},
		"no version":         {strings.Replace(base, "apiVersion: score.dev/v1b1", "service: {}", 1), 1, 1, "", "apiVersion is missing", "score.dev/v1b1"},
		"no name":            {strings.Replace(base, "name: orders", "nam: orders", 1), 3, 3, "metadata", "name is missing", "name: orders"},
		"bad name":           {strings.Replace(base, "name: orders", "name: Orders", 1), 3, 9, "metadata.name", `"Orders"`, "a-z"},
		"short name":         {strings.Replace(base, "name: orders", "name: o", 1), 3, 9, "metadata.name", `"o"`, "2 to 63"},
		"long name":          {strings.Replace(base, "name: orders", "name: "+strings.Repeat("o", 64), 1), 3, 9, "metadata.name", "ooo", "2 to 63"},
		"name is a number":   {strings.Replace(base, "name: orders", "name: 42", 1), 3, 9, "metadata.name", "not the integer 42", `"42"`},
		"annotation's value": {strings.Replace(base, "team: shop", "team: 1", 1), 4, 23, "metadata.annotations.team", "not the integer 1", "quotes"},
		"annotation's name":  {strings.Replace(base, "team: shop", "-team: shop", 1), 4, 17, "metadata.annotations.-team", `"-team"`, "example.com/team"},
		"no containers":      {"apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers: {}\n", 3, 13, "containers", "at least one", "add a container"},
		"container's name":   {with("#MAIN", "  Main: {image: x}"), 8, 3, "containers.Main", `"Main"`, "a-z"},
		"no image":           {with("#MAIN", "  more: {args: [a]}"), 8, 9, "containers.more", "image is missing", "image: ."},
		"empty image":        {with("#MAIN", "  more: {image: ''}"), 8, 17, "containers.more.image", "must not be empty", "add the image"},
		"empty container":    {with("#MAIN", "  more:"), 8, 8, "containers.more", "must be an object, not nothing", "keys"},
		"command is a text":  {with("#MAIN", "    command: sh -c"), 8, 14, "containers.main.command", `not the text "sh -c"`, "list"},
		"argument":           {with("#MAIN", "    args: [a, 8080]"), 8, 15, "containers.main.args[1]", "not the integer 8080", `"8080"`},
		"variable":           {with("#MAIN", "    variables: {PORT: 8080}"), 8, 23, "containers.main.variables.PORT", "not the integer 8080", `"8080"`},
		"variable's name":    {with("#MAIN", "    variables: {A=B: x}"), 8, 17, "containers.main.variables.A=B", `"A=B"`, "without ="},
		"file's mode":        {with("#MAIN", "    files: {/a: {content: x, mode: '0999'}}"), 8, 36, "containers.main.files./a.mode", `"0999"`, `"0600"`},
		"mode is a number":   {with("#MAIN", "    files: {/a: {content: x, mode: 0600}}"), 8, 36, "containers.main.files./a.mode", "not the integer 0600", `"0600"`},
		"two contents":       {with("#MAIN", "    files: {/a: {content: x, source: y}}"), 8, 17, "containers.main.files./a", "has 2", "one of"},
		"no content":         {with("#MAIN", "    files: {/a: {mode: '0600'}}"), 8, 17, "containers.main.files./a", "has 0", "one of"},
		"base64":             {with("#MAIN", "    files: {/a: {binaryContent: '*'}}"), 8, 33, "containers.main.files./a.binaryContent", "not base64", "standard base64"},
		"target in a map":    {with("#MAIN", "    files: {/a: {content: x, target: /b}}"), 8, 30, "containers.main.files./a.target", "unknown key", "content"},
		"list, no target":    {with("#MAIN", "    files: [{content: x}]"), 8, 13, "containers.main.files[0]", "target is missing", "target path"},
		"list, twice":        {with("#MAIN", "    files: [{target: /a, content: x}, {target: /a, content: y}]"), 8, 48, "containers.main.files[1].target", `"/a" is here a second time`, "remove one"},
		"target escapes":     {with("#MAIN", "    files: {/a/../../b: {content: x}}"), 8, 13, "containers.main.files./a/../../b", `"/a/../../b"`, "in the container"},
		"no volume source":   {with("#MAIN", "    volumes: {/a: {path: x}}"), 8, 19, "containers.main.volumes./a", "source is missing", "${resources.data}"},
		"volume's path":      {with("#MAIN", "    volumes: {/a: {source: x, path: ../y}}"), 8, 37, "containers.main.volumes./a.path", `"../y" leaves`, "inside"},
		"read only":          {with("#MAIN", "    volumes: {/a: {source: x, readOnly: 'no'}}"), 8, 41, "containers.main.volumes./a.readOnly", `not the text "no"`, "true or false"},
		"before: unknown":    {with("#MAIN", "    before: {sid: {ready: started}}"), 8, 14, "containers.main.before.sid", `no container "sid"`, "did you mean side?"},
		"before: condition":  {with("#MAIN", "    before: {side: {ready: helthy}}"), 8, 28, "containers.main.before.side.ready", `"helthy"`, "did you mean healthy?"},
		"before: nothing":    {with("#MAIN", "    before: {side: {}}"), 8, 20, "containers.main.before.side", "ready is missing", "started"},
		"before: itself":     {with("#MAIN", "    before: {main: {ready: started}}"), 8, 13, "containers.main.before", "main → main", "remove one"},
		"cpu":                {with("#MAIN", "    resources: {limits: {cpu: 1 core}}"), 8, 31, "containers.main.resources.limits.cpu", `"1 core"`, "250m"},
		"memory":             {with("#MAIN", "    resources: {requests: {memory: 10Gib}}"), 8, 36, "containers.main.resources.requests.memory", `"10Gib"`, "1Gi"},
		"too much memory":    {with("#MAIN", "    resources: {limits: {memory: 9999999Ti}}"), 8, 34, "containers.main.resources.limits.memory", `"9999999Ti"`, "1Gi"},
		"probe":              {with("#MAIN", "    livenessProbe: {httpGet: {path: /}}"), 8, 30, "containers.main.livenessProbe.httpGet", "port is missing", "port: 8080"},
		"probe's scheme":     {with("#MAIN", "    livenessProbe: {httpGet: {path: /, port: 1, scheme: https}}"), 8, 57, "containers.main.livenessProbe.httpGet.scheme", `"https"`, "did you mean HTTPS?"},
		"probe's header":     {with("#MAIN", "    livenessProbe: {httpGet: {path: /, port: 1, httpHeaders: [{name: 'a b', value: c}]}}"), 8, 70, "containers.main.livenessProbe.httpGet.httpHeaders[0].name", `"a b"`, "letters"},
		"probe's command":    {with("#MAIN", "    readinessProbe: {exec: {command: []}}"), 8, 38, "containers.main.readinessProbe.exec.command", "empty", "list of words"},
		"port":               {with("#TOP", "service: {ports: {web: {port: 70000}}}"), 15, 31, "service.ports.web.port", "70000", "1 to 65535"},
		"port's name":        {with("#TOP", "service: {ports: {w: {port: 80}}}"), 15, 19, "service.ports.w", `"w"`, "2 to 63"},
		"protocol":           {with("#TOP", "service: {ports: {web: {port: 80, protocol: tcp}}}"), 15, 45, "service.ports.web.protocol", `"tcp"`, "did you mean TCP?"},
		"no type":            {with("#CACHE", "  db: {class: big}"), 14, 7, "resources.db", "type is missing", "type: redis"},
		"type":               {with("#CACHE", "  db: {type: my_sql}"), 14, 14, "resources.db.type", `"my_sql"`, "letters"},
		"class":              {with("#CACHE", "    class: _"), 14, 12, "resources.cache.class", `"_"`, "letters"},
		"id":                 {with("#CACHE", "    id: Main"), 14, 9, "resources.cache.id", `"Main"`, "a-z"},
		"params":             {with("#CACHE", "    params: [a]"), 14, 13, "resources.cache.params", "not a list", "keys"},
		"no finite number":   {with("#CACHE", "    params: {a: .inf}"), 14, 17, "resources.cache.params.a", ".inf", "finite"},
		"unknown resource":   {with("#MAIN", "    variables: {A: 'x ${resources.cach.host}'}"), 8, 23, "containers.main.variables.A", `no resource "cach"`, "did you mean cache?"},
		"no resource":        {with("#MAIN", "    variables: {A: '${resources}'}"), 8, 21, "containers.main.variables.A", "no resource", "cache"},
		"unknown metadata":   {with("#MAIN", "    variables: {A: '${metadata.nam}'}"), 8, 21, "containers.main.variables.A", `no key "nam"`, "did you mean name?"},
		"metadata object":    {with("#MAIN", "    variables: {A: '${metadata.annotations}'}"), 8, 21, "containers.main.variables.A", "cannot be put into a text", "name a text"},
		"unknown root":       {with("#MAIN", "    variables: {A: 'a$${b}c${HOME}'}"), 8, 28, "containers.main.variables.A", `"HOME"`, "$${"},
		"no end":             {with("#MAIN", "    variables: {A: 'a ${resources.cache'}"), 8, 23, "containers.main.variables.A", "no end", "}"},
		"in a block":         {with("#MAIN", "    files:\n      /a:\n        content: |\n          one\n          two ${FOO}"), 12, 15, "containers.main.files./a.content", `"FOO"`, "noExpand"},
		"in escapes":         {with("#MAIN", `    variables: {A: "\x24{FOO}"}`), 8, 20, "containers.main.variables.A", `"FOO"`, "$${"},
		"in params":          {with("#CACHE", "    params: {a: {b: ['${resources.x}']}}"), 14, 23, "resources.cache.params.a.b[0]", `no resource "x"`, "cache"},
		"second of two":      {with("#MAIN", "    variables: {A: '$${FOO} ${FOO}'}"), 8, 29, "containers.main.variables.A", `"FOO"`, "$${"},
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range refusals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workload.Parse("score.yaml", []byte(c.src))
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 {
				t.Fatalf("want one problem, got %v", err)
			}
			p := e.Problems[0]
			if p.File != "score.yaml" || p.Line != c.line || p.Column != c.column || p.Path != c.path {
				t.Errorf("at %s:%d:%d %s, want %d:%d %s: %v", p.File, p.Line, p.Column, p.Path, c.line, c.column, c.path, p)
			}
			if !strings.Contains(p.Message, c.message) || !strings.Contains(p.Fix, c.fix) {
				t.Errorf("%q with the fix %q, want %q with %q", p.Message, p.Fix, c.message, c.fix)
			}
		})
	}
}

func TestParseReportsAllProblemsInOrder(t *testing.T) {
	t.Parallel()
	src := "apiVersion: nope\nmetadata: {name: X}\ncontainers:\n  main:\n    imag: x\n    variables: {A: 1, B: '${resources.y.z}'}\n"
	_, err := workload.Parse("score.yaml", []byte(src))
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range e.Problems {
		lines = append(lines, p.Line)
	}
	if want := []int{1, 2, 5, 5, 6, 6}; len(lines) != len(want) || lines[0] != 1 || lines[5] != 6 {
		t.Errorf("problems in lines %v, want %v:\n%v", lines, want, err)
	}
}

func TestParseNamesACycleOfContainers(t *testing.T) {
	t.Parallel()
	src := "apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers:\n" +
		"  aa: {image: x, before: {bb: {ready: started}}}\n  bb: {image: x, before: {cc: {ready: healthy}}}\n  cc: {image: x, before: {aa: {ready: complete}}}\n"
	_, err := workload.Parse("score.yaml", []byte(src))
	if err == nil || !strings.Contains(err.Error(), "score.yaml:4:26: containers.aa.before: the containers wait for each other: aa → bb → cc → aa") {
		t.Errorf("got %v", err)
	}
}

func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: score.dev/v1b1\nmetadata: {name: orders}\ncontainers: {main: {image: x}}\nresources: {db: {type: t1, params: "
	cases := map[string]struct {
		src  string
		kind kernel.Kind
		want string
	}{
		"bytes":     {head + "{a: " + strings.Repeat("x", 1<<20) + "}}}\n", kernel.TooLarge, "bytes"},
		"canonical": {head + "{a: \"" + strings.Repeat("\\\"", 400_000) + strings.Repeat("\\x01", 60_000) + "\"}}}\n", kernel.TooLarge, "bytes"},
		"depth":     {head + strings.Repeat("{a: ", 40) + "1" + strings.Repeat("}", 40) + "}}\n", kernel.Invalid, "deeper"},
		"very deep": {strings.Repeat("[", 1<<19), kernel.Invalid, "not YAML"},
		"values":    {head + "{a: [" + strings.Repeat("1,", 20_000) + "]}}}\n", kernel.Invalid, "20000 values"},
		"laughs":    {"a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n", kernel.Invalid, "aliases"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workload.Parse("score.yaml", []byte(c.src))
			if !kernel.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.300v, want %s %q", err, c.kind, c.want)
			}
		})
	}
}

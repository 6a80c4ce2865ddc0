package azure_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestWorkflows(t *testing.T) {
	t.Parallel()
	s := tools(t)
	s.must(t, tree(t), nil, s.actionlint, append([]string{"-no-color"}, workflows(t)...)...)
}

func workflows(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(tree(t, ".github", "workflows", "*.yml"))
	if err != nil || len(files) != 3 {
		t.Fatal("want three workflows", files, err)
	}
	return files
}

// TestActionsArePinned: a tag can be moved, a commit cannot.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^[a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, file := range workflows(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if _, action, ok := strings.Cut(line, "uses: "); ok && !pinned.MatchString(strings.TrimSpace(action)) {
				t.Errorf("%s: %s is not pinned to a commit with its version in a comment", filepath.Base(file), strings.TrimSpace(action))
			}
		}
		if !strings.Contains(string(text), "permissions:\n  contents: read\n") {
			t.Errorf("%s does not start from permissions that read alone", filepath.Base(file))
		}
	}
}

func TestConfirmationOfDestroy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ stages, confirmation, prod, want string }{
		"what was typed is what goes":          {`["dev"]`, "destroy dev", "", `stages=["dev"]`},
		"the last stage goes first":            {`["dev","test"]`, "destroy dev test", "", `stages=["test","dev"]`},
		"another stage was typed":              {`["dev"]`, "destroy test", "", ""},
		"nothing was typed":                    {`["dev"]`, "", "", ""},
		"prod needs one more sentence":         {`["prod"]`, "destroy prod", "", ""},
		"prod with its sentence":               {`["prod"]`, "destroy prod", "I mean production", `stages=["prod"]`},
		"no stage of that name":                {`["dev","x"]`, "destroy dev x", "", ""},
		"no list":                              {`dev`, "destroy dev", "", ""},
		"an empty list":                        {`[]`, "destroy ", "", ""},
		"shell in a name is a name like other": {`["$(id)"]`, "destroy $(id)", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := filepath.Join(t.TempDir(), "output")
			env := []string{"STAGES=" + c.stages, "CONFIRMATION=" + c.confirmation, "PROD=" + c.prod, "GITHUB_OUTPUT=" + output}
			said, err := toolset{}.run(t, tree(t), env, tree(t, ".github", "scripts", "confirm-destroy"))
			got, _ := os.ReadFile(output)
			if strings.TrimSpace(string(got)) != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v: %s", got, err, said)
			}
		})
	}
}

func TestCommentOfAPlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan string
		want []string
	}{
		"a plan":                         {"text\nPlan: 3 to add, 0 to change, 1 to destroy.\n", []string{"### dev: Plan: 3 to add", "text\n"}},
		"nothing to do":                  {"No changes. Your infrastructure matches the configuration.\n", []string{"### dev: No changes."}},
		"no plan came about":             {"", []string{"### dev: no plan (failure)", "https://example.com/1"}},
		"a long one is cut":              {strings.Repeat("ä", 70_000), []string{"cut at 60000 of 70000 characters"}},
		"it cannot get out of its block": {"~~~~~~~~\n<script>\n", []string{"~ ~ ~ ~\n<script>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "plan.txt")
			if err := os.WriteFile(file, []byte(c.plan), 0o600); err != nil {
				t.Fatal(err)
			}
			env := []string{"STAGE=dev", "OUTCOME=failure", "RUN_URL=https://example.com/1", "PLAN_DRY_RUN=1"}
			out := toolset{}.must(t, tree(t), env, tree(t, ".github", "scripts", "comment-plan"), file)
			for _, want := range append(c.want, "<!-- terraform-plan:dev -->") {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in %.300s", want, out)
				}
			}
			if n := len([]rune(out)); n > 65_536 {
				t.Errorf("%d characters are more than a comment takes", n)
			}
		})
	}
}

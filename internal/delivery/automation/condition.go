package automation

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

const maxConditionNodes = 200

// environment is what conditions and templates see of an event: its attributes
// and its data, nothing else.
func environment(e event.Event) map[string]any {
	var data any = map[string]any{}
	if len(e.Data) > 0 {
		_ = json.Unmarshal(e.Data, &data) // what is no JSON has no fields
	}
	return map[string]any{
		"id": e.ID, "source": e.Source, "type": e.Type, "subject": e.Subject, "time": e.Time.Format(time.RFC3339Nano),
		"tenant": e.Tenant, "project": e.Project, "stage": e.Stage, "actor": e.Actor, "reason": e.Reason, "data": data,
	}
}

// compile makes a condition ready. Without functions that go through lists, its
// work is bounded by its length.
func compile(condition string) (*vm.Program, error) {
	tree, err := parser.Parse(condition)
	if err != nil {
		return nil, err
	}
	var loops loops
	ast.Walk(&tree.Node, &loops)
	if loops.found != nil {
		return nil, loops.found
	}
	types := environment(event.Event{})
	return expr.Compile(condition, expr.Env(types), expr.AsBool(), expr.MaxNodes(maxConditionNodes), expr.DisableAllBuiltins(),
		expr.EnableBuiltin("len"), expr.EnableBuiltin("lower"), expr.EnableBuiltin("upper"), expr.EnableBuiltin("trim"), expr.EnableBuiltin("int"), expr.EnableBuiltin("float"), expr.EnableBuiltin("string"))
}

// loops finds what goes through a list, which the options of expr do not switch off.
type loops struct{ found *file.Error }

// Visit implements ast.Visitor.
func (l *loops) Visit(node *ast.Node) {
	n := *node
	_, predicate := n.(*ast.PredicateNode)
	binary, _ := n.(*ast.BinaryNode)
	if l.found == nil && (predicate || binary != nil && binary.Operator == "..") {
		l.found = &file.Error{Location: n.Location(), Message: "a condition cannot go through a list"}
	}
}

func checkCondition(v yamldoc.Value, condition string) {
	const fix = "write a condition such as data.status == \"failed\" && stage != \"dev\""
	if len(condition) > maxText {
		v.Problem("make it shorter", "the condition has %d characters, more than %d", len(condition), maxText)
		return
	}
	if condition == "" {
		return
	}
	_, err := compile(condition)
	var at *file.Error
	switch {
	case errors.As(err, &at):
		end := min(max(at.To, at.From+1), len(condition))
		v.ProblemAt(v.Inside(at.From, end), fix, "%s", at.Message)
	case err != nil:
		v.Problem(fix, "%s", err)
	}
}

// holds evaluates a condition; nil always holds.
func holds(p *vm.Program, env map[string]any) (bool, error) {
	if p == nil {
		return true, nil
	}
	machine := vm.VM{MemoryBudget: 100_000}
	out, err := machine.Run(p, env)
	if err != nil {
		var at *file.Error
		if errors.As(err, &at) {
			return false, fmt.Errorf("the condition cannot be answered: %s", at.Message)
		}
		return false, fmt.Errorf("the condition cannot be answered: %w", err)
	}
	yes, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("the condition is %v, neither true nor false", out)
	}
	return yes, nil
}

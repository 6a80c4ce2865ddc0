package policy

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Level says what a violation of a policy means.
type Level string

// The levels, from mild to strict.
const (
	// Advisory violations warn.
	Advisory Level = "advisory"
	// SoftMandatory violations block until somebody with the role overrides them.
	SoftMandatory Level = "soft-mandatory"
	// HardMandatory violations block.
	HardMandatory Level = "hard-mandatory"
)

// Levels returns the levels, from mild to strict.
func Levels() []Level { return []Level{Advisory, SoftMandatory, HardMandatory} }

// ParseLevel returns the level that the text names.
func ParseLevel(text string) (Level, error) {
	if l := Level(text); slices.Contains(Levels(), l) {
		return l, nil
	}
	return "", kernel.Errorf(kernel.Invalid, "there is no level %q", text).WithFix("use advisory, soft-mandatory or hard-mandatory")
}

// ParseFloor returns the level that the text names, or Off.
func ParseFloor(text string) (Level, error) {
	if Level(text) == Off {
		return Off, nil
	}
	level, err := ParseLevel(text)
	if err != nil {
		return "", kernel.Errorf(kernel.Invalid, "there is no level %q", text).WithFix("use advisory, soft-mandatory, hard-mandatory or off")
	}
	return level, nil
}

// Blocks reports whether a violation of the level stops a run.
func (l Level) Blocks() bool { return l != Advisory }

// AtLeast reports whether l is as strict as other, or stricter. Off is milder than all.
func (l Level) AtLeast(other Level) bool {
	return slices.Index(Levels(), l) >= slices.Index(Levels(), other)
}

// Severity says how bad it is when a policy is violated.
type Severity string

// The severities, from mild to bad.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Severities returns the severities, from mild to bad.
func Severities() []Severity { return []Severity{Low, Medium, High, Critical} }

// ParseSeverity returns the severity that the text names.
func ParseSeverity(text string) (Severity, error) {
	if s := Severity(text); slices.Contains(Severities(), s) {
		return s, nil
	}
	return "", kernel.Errorf(kernel.Invalid, "there is no severity %q", text).WithFix("use low, medium, high or critical")
}

// Rank orders severities: 0 is unknown, 4 critical.
func (s Severity) Rank() int { return slices.Index(Severities(), s) + 1 }

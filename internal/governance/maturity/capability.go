package maturity

import (
	"bytes"
	_ "embed" // the capabilities
	"fmt"

	"gopkg.in/yaml.v3"
)

//go:embed capabilities.yaml
var source []byte

// Level is how mature a capability is.
type Level string

// The levels in their order.
const (
	NotBegun Level = "none"
	Crawl    Level = "crawl"
	Walk     Level = "walk"
	Run      Level = "run"
)

// Levels returns the levels that can be reached, the lowest first.
func Levels() []Level { return []Level{Crawl, Walk, Run} }

// Capability is one of the framework, with what proves each level.
type Capability struct {
	ID     string      `yaml:"id"`
	Domain string      `yaml:"domain"`
	Name   string      `yaml:"name"`
	Crawl  []Criterion `yaml:"crawl"`
	Walk   []Criterion `yaml:"walk"`
	Run    []Criterion `yaml:"run"`
}

// Criterion is one proof.
type Criterion struct {
	Text string `yaml:"text"`
	// Measure names a figure of the platform; "" is asked.
	Measure string `yaml:"measure"`
	// AtLeast or AtMost bounds it.
	AtLeast *float64 `yaml:"atLeast"`
	AtMost  *float64 `yaml:"atMost"`
}

func (c Criterion) holds(v float64) bool {
	return (c.AtLeast == nil || v >= *c.AtLeast) && (c.AtMost == nil || v <= *c.AtMost)
}

// At returns the criteria of a level.
func (c Capability) At(l Level) []Criterion {
	switch l {
	case Crawl:
		return c.Crawl
	case Walk:
		return c.Walk
	case Run:
		return c.Run
	case NotBegun:
	}
	return nil
}

// criterionID names a criterion for ever: allocation-walk-2.
func criterionID(c Capability, l Level, i int) string { return fmt.Sprintf("%s-%s-%d", c.ID, l, i+1) }

// Capabilities returns the 22 of the framework.
func Capabilities() ([]Capability, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	decoder.KnownFields(true)
	var all []Capability
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("read the capabilities: %w", err)
	}
	return all, nil
}

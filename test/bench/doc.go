// Package bench measures what Terrace promises about speed, over the built
// binaries: how soon it is ready, what it takes of memory, what a deploy costs
// beside terraform alone, and how long the demo lasts.
//
// It owns the comparisons and their limits, which fail a benchmark that is past
// them. Speed of single rooms is measured in the rooms. Figures that are
// compared are taken in turns, and medians are reported, because other work on
// the machine disturbs them least.
package bench

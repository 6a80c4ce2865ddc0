// Package agreement holds Terrace's estimates against expected tables of costs
// and counts where they agree.
//
// It owns how a table is read and when a component agrees: its name, unit,
// quantity and cost must be the table's, to the last digit that the table
// shows. What a resource's components are is cost/azure's.
package agreement

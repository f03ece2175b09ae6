// Command promql reads expressions of Prometheus with Prometheus' own parser. Standard input is a JSON list of expressions; standard
// output is a list of the same length that says of each what is wrong with it, or else which series it selects and by which labels it
// groups. It is a module of its own because Prometheus requires other versions than Kubernetes does.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// expression is what is known of one.
type expression struct {
	Error     string     `json:"error,omitempty"`
	Selectors []selector `json:"selectors,omitempty"`
	// Grouping are the labels of all "by" and "without".
	Grouping []string `json:"grouping,omitempty"`
}

// selector is a metric, and the labels by which its series are selected.
type selector struct {
	Metric string   `json:"metric"`
	Labels []string `json:"labels,omitempty"`
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		fmt.Fprintln(os.Stderr, "standard input is no list of expressions:", err)
		os.Exit(2)
	}
	read := make([]expression, len(texts))
	for i, text := range texts {
		read[i] = parse(text)
	}
	if err := json.NewEncoder(os.Stdout).Encode(read); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func parse(text string) expression {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return expression{Error: err.Error()}
	}
	var found expression
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			one := selector{Metric: n.Name}
			for _, matcher := range n.LabelMatchers {
				if matcher.Name != model.MetricNameLabel {
					one.Labels = append(one.Labels, matcher.Name)
				}
			}
			found.Selectors = append(found.Selectors, one)
		case *parser.AggregateExpr:
			found.Grouping = append(found.Grouping, n.Grouping...)
		}
		return nil
	})
	return found
}

package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// TestLogMessagesAreConstant: what differs from line to line is in the values, so that lines can be counted and searched for, and nothing of a
// request becomes part of a message.
func TestLogMessagesAreConstant(t *testing.T) {
	lines := 0
	forEachFile(t, func(path, _ string, file *ast.File) {
		found, problems := logCalls(file)
		lines += found
		for _, problem := range problems {
			t.Errorf("%s: %s", path, problem)
		}
	})
	if lines < 20 {
		t.Errorf("only %d log lines were found", lines)
	}
}

// logCalls counts the calls of logr's Info and Error, and names those whose message is not a literal.
func logCalls(file *ast.File) (found int, problems []string) {
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && of.Name == "http" {
			return true // http.Error
		}
		message := map[string]int{"Info": 0, "Error": 1}
		at, ok := message[selector.Sel.Name]
		if !ok || len(call.Args) <= at {
			return true // also err.Error()
		}
		found++
		if !isLiteral(call.Args[at]) {
			problems = append(problems, "the message of "+selector.Sel.Name+" is not constant")
		}
		return true
	})
	return found, problems
}

// isLiteral accepts a text, also one that goes over several lines.
func isLiteral(expression ast.Expr) bool {
	switch e := expression.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return isLiteral(e.X) && isLiteral(e.Y)
	}
	return false
}

// TestTheLogTestCanFail runs the check on a file that breaks it.
func TestTheLogTestCanFail(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
func f() {
	log.Info("fine" +
		" and long", "name", name)
	log.V(1).Info("of " + name)
	log.Error(err, message)
	http.Error(w, err.Error(), 500)
}`, 0)
	if err != nil {
		t.Fatal(err)
	}
	found, problems := logCalls(file)
	if want := []string{"the message of Info is not constant", "the message of Error is not constant"}; found != 3 || !slices.Equal(problems, want) {
		t.Errorf("%d calls, %q", found, problems)
	}
}

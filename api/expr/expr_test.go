package expr_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kruise-admission/kruise-admission/api/expr"
)

// All rows of spec/inject.md 7.6, and the cases Q12 to Q23 of 11.8.
func TestEval(t *testing.T) {
	tests := []struct {
		expressions []string
		variable    string
		want        string
	}{
		{[]string{"cpu*50%", "CPU*50%", "50% * cpu", "\tcpu\n*\r50%\v\f", "cpu * .5", "cpu/2", "(cpu)/(2)", "--cpu/2"}, "600m", "300m"},
		{[]string{"max(cpu*50%, 50m)", "MAX(cpu*50%,50m)"}, "100m", "50m"},
		{[]string{"cpu*29%"}, "100m", "28m"},
		{[]string{"cpu*57%"}, "100m", "56m"},
		{[]string{"cpu/3"}, "1", "333m"},
		{[]string{"memory*30%"}, "600Mi", "180Mi"},
		{[]string{"memory*50%"}, "1G", "500M"},
		{[]string{"memory*10%"}, "1Gi", "107374182400m"},
		{[]string{"memory/3"}, "100Mi", "34952533333m"},
		{[]string{"memory*29%"}, "100Mi", "30408703999m"},
		{[]string{"max(memory*20% + 100Mi, 200Mi)"}, "800Mi", "260Mi"},
		{[]string{"0.5 * memory + max(0, memory-2Gi)"}, "8Gi", "10Gi"},
		{[]string{"1Gi + 100Mi"}, "1", "1124Mi"},
		{[]string{"100Mi + 1"}, "1", "104857601"},
		{[]string{"1G + 1Gi"}, "1", "2073741824"},
		{[]string{"min(1Gi, 1G)"}, "1", "1G"},
		{[]string{"max(1Gi, 1024Mi)"}, "1", "1Gi"},
		{[]string{"0.5Mi"}, "1", "512Ki"},
		{[]string{"max(40m, 20)"}, "1", "20"},
		{[]string{"max(1, 2) * cpu", "min(3, 2) * cpu", "max(10, 20)/10 * cpu"}, "1", "2"},
		{[]string{"1.5", "3/2", "3-1.5", "0.5*3"}, "1", "1500m"},
		{[]string{"0.0005"}, "1", "0"},
		{[]string{"cpu + 0.0004"}, "1", "1"},
		{[]string{"16/4/2"}, "1", "2"},
		{[]string{"2-3-4+10"}, "1", "5"},
		{[]string{"2*-3+7"}, "1", "1"},
		{[]string{"10--5"}, "1", "15"},
		{[]string{"10+-5"}, "1", "5"},
		{[]string{"CPU*2", "MAX(cpu,2)", "Cpu+CPU"}, "1", "2"},
		{[]string{"cpu-1"}, "1", "0"},
		{[]string{"cpu*50%", "10-10", "-cpu", "cpu*0"}, "0", "0"},
		{[]string{"2cpu", "50%5", "50%m", ".", "1e", "1E", "1K", "1u", "1n", "1e3e", "50%e", "1e%", "5.memory"}, "1", "0"},
		{[]string{"memory", "memory*2", "max(memory,0)"}, "0", "0"},
		{[]string{"memory+100Mi"}, "0", "100Mi"},
		{[]string{"5.", "5"}, "1", "5"},
		{[]string{".5"}, "1", "500m"},
		{[]string{"1e5%", "1e+3", "1E3", "1e5/1e2"}, "1", "1k"},
		{[]string{"1\x00 garbage ("}, "1", "1"},
		{[]string{"0.5*cpu - 0.3*max(0, cpu-4) + 0.3*max(0, cpu-8)"}, "2", "1"},
		{[]string{"0.5*cpu - 0.3*max(0, cpu-4) + 0.3*max(0, cpu-8)"}, "6", "2400m"},
		{[]string{"0.5*cpu - 0.3*max(0, cpu-4) + 0.3*max(0, cpu-8)"}, "10", "3800m"},
	}
	for _, test := range tests {
		for _, text := range test.expressions {
			t.Run(text+" of "+test.variable, func(t *testing.T) {
				parsed, err := expr.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				variable := resource.MustParse(test.variable)
				got, err := parsed.Eval(variable)
				if err != nil {
					t.Fatal(err)
				}
				if got.String() != test.want {
					t.Errorf("got %s, want %s", got.String(), test.want)
				}
				if want := resource.MustParse(test.variable); variable.String() != want.String() {
					t.Errorf("the variable became %s", variable.String())
				}
			})
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ expression, message string }{
		{"", "empty"},
		{" \t", "empty"},
		{"\x00cpu", "empty"},
		{"1.5.2", "expected an operator"},
		{"0x10", "expected an operator"},
		{"50%e2", "expected an operator"},
		{"1Ei", "expected an operator"},
		{"1e3e2", "expected an operator"},
		{"1e+m", "expected an operator"},
		{"5%%", `unexpected character '%' at offset 2`},
		{"+1", `unexpected "+" at offset 0`},
		{"()", `unexpected ")" at offset 1`},
		{"cpu 1", `unexpected "1" at offset 4`},
		{"_a", `unexpected character '_' at offset 0`},
		{"cpu*é", "unexpected character"},
		{"invalid expression @#$", "expected an operator"},
		{"max(cpu*50%, 50m", `unexpected end of expression at offset 16: expected ')'`},
		{"cpu +*/ 50%", `unexpected "*" at offset 5`},
		{"cpu*", "unexpected end of expression"},
		{"-", "unexpected end of expression"},
		{"(cpu", "expected ')'"},
		{"(cpu *", "unexpected end"},
		{"foo(1)", `unknown function "foo"`},
		{"max()", `unexpected ")" at offset 4`},
		{"max(cpu)", "takes two"},
		{"max(10,20,30)", `unexpected "," at offset 9`},
		{"max(10", "expected ','"},
		{"max(10,", "unexpected end"},
		{"max(10,unknown(20,30))", "unknown function"},
		{"1e3Mi", "is not a quantity"},
		{"1e3m", "is not a quantity"},
		{"cpu * 1e3Mi", "is not a quantity"},
		{strings.Repeat("(", 5000), "too long"},
	}
	for _, test := range tests {
		t.Run(test.expression[:min(len(test.expression), 40)], func(t *testing.T) {
			_, err := expr.Parse(test.expression)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got error %v, want one with %q", err, test.message)
			}
		})
	}
}

func TestEvalRefuses(t *testing.T) {
	tests := []struct{ name, expression, variable, message string }{
		{"the wrong variable", "foo", "1", `variable "foo" is not defined`},
		{"the wrong variable inside", "invalidvar * 50%", "1", "not defined"},
		{"the wrong variable on the right", "50% * invalid", "1", "not defined"},
		{"the wrong variable negated", "-invalid", "1", "not defined"},
		{"the wrong variable in a function", "max(10, unknown)", "1", "not defined"},
		{"memory in capitals", "MEMORY*2", "1Gi", "not defined"},
		{"cpu beside memory", "memory + cpu", "1Gi", "not defined"},
		{"a product of quantities", "cpu*cpu", "1", "cannot be multiplied"},
		{"a number by a quantity", "2/cpu", "1", "cannot be a divisor"},
		{"a quotient of quantities", "100m/cpu", "1", "cannot be a divisor"},
		{"a quantity by zero", "cpu/0", "1", "division by zero"},
		{"a number by zero", "max(10,20/0)", "1", "division by zero"},
		{"a malformed divisor", "cpu/1K", "1", "division by zero"},
		{"a negative quantity", "cpu-2", "1", "result -1 is negative"},
		{"a negative quantity below zero requests", "cpu-100m", "0", "is negative"},
		{"a negative number", "0-1", "1", "result -1 is negative"},
		{"a number just below zero", "-0.0001", "1", "is negative"},
		{"an infinite number", "1e999", "1", "too large"},
		{"an infinite factor", "cpu*1e999", "1", "too large"},
		{"an infinite addend", "cpu+1e999", "1", "too large"},
		{"an infinite addend on the left", "1e999+cpu", "1", "too large"},
		{"no number at all", "1e999-1e999", "1", "too large"},
		{"a number beyond 64 bits of thousandths", "1e16", "1", "too large"},
		{"a quantity with an absurd exponent", "cpu+1", "1e999999999", "too large"},
		{"a quantity with too many digits", "cpu+1", strings.Repeat("9", 60), "too large"},
		{"a quantity beyond 64 bits of thousandths", "memory*1%", "10Pi", "too large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			parsed, err := expr.Parse(test.expression)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parsed.Eval(resource.MustParse(test.variable))
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %s, error %v; want an error with %q", got.String(), err, test.message)
			}
		})
	}
}

func TestVariable(t *testing.T) {
	for text, want := range map[string]string{
		"cpu":              "cpu",
		"1":                "cpu",
		"memory":           "memory",
		"max(1Gi, memory)": "memory",
		"MEMORY":           "cpu",
		"memory_limit":     "cpu",
		"mymemory":         "cpu",
	} {
		parsed, err := expr.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.Variable(); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// The table of spec/inject.md 7.7, and what OpenKruise lets through although it can never work.
func TestCheck(t *testing.T) {
	tests := []struct{ expression, variable, message string }{
		{"max(cpu*50%, 50m)", "cpu", ""},
		{"CPU*2", "cpu", ""},
		{"100Mi", "memory", ""},
		{"100Mi", "cpu", ""},
		{"1", "memory", ""},
		{"0", "cpu", ""},
		{"memory-100Mi", "memory", ""},
		{"max(memory-100Mi, 50Mi)", "memory", ""},
		{"cpu-2", "cpu", ""},
		{"-cpu", "cpu", "negative whatever cpu is"},
		{"memory-4Pi", "memory", ""},
		{"1Gi-memory", "memory", ""},
		{"100m-cpu", "cpu", ""},
		{"cpu-500m", "cpu", ""},
		{"cpu/(3-1)", "cpu", ""},
		{"1/(cpu-1)", "cpu", "cannot be a divisor"},
		{"cpu/(3-3)", "cpu", "division by zero"},
		{"cpu*cpu", "cpu", "cannot be multiplied"},
		{"100m*cpu", "cpu", "cannot be multiplied"},
		{"1/cpu", "cpu", "cannot be a divisor"},
		{"100m/cpu", "cpu", "cannot be a divisor"},
		{"MEMORY", "memory", "only found in lower case: write memory"},
		{"Memory*memory", "memory", "cannot be multiplied"},
		{"2cpu", "cpu", `"2cpu" at offset 0 is not a number`},
		{"cpu + 1K", "cpu", `"1K" at offset 6 is not a number: K is not a unit here, use k or Ki`},
		{"memory + 1GB", "memory", "use G or Gi"},
		{"1E", "memory", "use P"},
		{"50%5", "cpu", "not a number"},
		{"memory", "cpu", `variable "memory" is not defined here: use cpu`},
		{"cpu", "memory", `variable "cpu" is not defined here: use memory`},
		{"foo", "cpu", "not defined"},
		{"1-2", "cpu", "is negative"},
		{"-5Mi", "memory", "is negative"},
		{"cpu*1e999", "cpu", "too large"},
	}
	for _, test := range tests {
		t.Run(test.expression+" for "+test.variable, func(t *testing.T) {
			parsed, err := expr.Parse(test.expression)
			if err != nil {
				t.Fatal(err)
			}
			err = parsed.Check(test.variable)
			switch {
			case test.message == "" && err != nil:
				t.Errorf("got error %v, want none", err)
			case test.message != "" && (err == nil || !strings.Contains(err.Error(), test.message)):
				t.Errorf("got error %v, want one with %q", err, test.message)
			}
		})
	}
}

// Whatever the text and the value: no panic, no hang, no negative result, and what Check accepts has the right types.
func FuzzEval(f *testing.F) {
	for _, seed := range []string{"max(cpu*50%, 50m)", "0.5 * memory + max(0, memory-2Gi)", "1e5%", "2cpu", "-(1Gi)", "min(1,2)/.5", "1.5.2\x00"} {
		f.Add(seed, "100Mi")
	}
	f.Add("10000000000000000000E4000000000", "1E100")
	f.Fuzz(func(t *testing.T, text, variable string) {
		if strings.ContainsAny(variable, "eE") && len(variable) > 9 {
			return // ParseQuantity itself takes minutes for 1e-999999999 and 1E4000000000, which wire.CheckQuantities keeps away from it
		}
		quantity, err := resource.ParseQuantity(variable)
		if err != nil {
			return
		}
		parsed, err := expr.Parse(text)
		if err != nil {
			return
		}
		checked := parsed.Check(parsed.Variable())
		got, err := parsed.Eval(quantity)
		if err == nil && got.Sign() < 0 {
			t.Errorf("%q of %s is %s", text, variable, got.String())
		}
		if err != nil && checked == nil && !strings.Contains(err.Error(), "negative") && !strings.Contains(err.Error(), "too large") {
			t.Errorf("%q passed Check, but: %v", text, err)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	parsed, err := expr.Parse("max(cpu*50%, 50m)")
	if err != nil {
		b.Fatal(err)
	}
	variable := resource.MustParse("600m")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parsed.Eval(variable); err != nil {
			b.Fatal(err)
		}
	}
}

package engine

import "github.com/treehouse-ml/treehouse/services/scoring/internal/model"

// graphStep makes a step of a graph of operators.
func (r *maker) graphStep(in []model.Column) model.Wide {
	operand := func() model.Operand {
		if r.IntN(3) == 0 {
			return model.Operand{Constant: true, Number: pick(r, r.special...)}
		}
		return model.Operand{Column: in[r.IntN(len(in))]}
	}
	switch r.IntN(4) {
	case 0:
		return model.Choose{If: in[0], Then: operand(), Else: operand(), Out: r.column()}
	case 1:
		return model.Truncate{In: in[0], Out: r.column(), Bits: pick(r, uint8(32), uint8(64))}
	default:
		s := model.Combine{A: operand(), B: operand(), F32: r.IntN(2) == 0, Operator: model.Operator(r.IntN(int(model.Xor) + 1))}
		if s.A.Constant && s.B.Constant {
			s.A = model.Operand{Column: in[0]}
		}
		s.Out = r.column()
		return s
	}
}

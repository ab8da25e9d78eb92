import { type BinaryOperationNode, OperatorNode, PostgresQueryCompiler, type RawNode } from 'kysely'
import { ListNode } from '../tables/json-values.ts'
import { PerDialectNode } from '../tables/per-dialect.ts'

/** Compiles the parts of statements that are written differently for PostgreSQL. */
export class PostgresCompiler extends PostgresQueryCompiler {
  protected override visitRaw(node: RawNode): void {
    if (node instanceof PerDialectNode) this.visitNode(node.postgres)
    else super.visitRaw(node)
  }

  /** Writes `in` and `not in` a list as a comparison with one array, whose type the other side decides. */
  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    const { leftOperand, operator, rightOperand } = node
    const comparison = OperatorNode.is(operator) ? COMPARISONS[operator.operator] : undefined
    if (comparison === undefined || !(rightOperand instanceof ListNode)) {
      super.visitBinaryOperation(node)
      return
    }
    this.visitNode(leftOperand)
    this.append(` ${comparison}(`)
    this.visitNode(rightOperand.array.toOperationNode())
    this.append(')')
  }
}

const COMPARISONS: Readonly<Record<string, string>> = { in: '= any', 'not in': '<> all' }

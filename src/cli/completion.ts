import { Argument, Command } from 'commander'
import { bashScript } from './completion-bash.ts'
import { fishScript } from './completion-fish.ts'
import { type CompletedCommand, completedCommand } from './completion-tree.ts'
import { zshScript } from './completion-zsh.ts'
import { print } from './output.ts'

type Shell = 'bash' | 'zsh' | 'fish'

const SCRIPTS: Readonly<Record<Shell, (root: CompletedCommand) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

export const command = new Command('completion')
  .description('Prints the script that lets a shell complete commands, options and files with the Tab key.')
  .addArgument(new Argument('<shell>', 'for which shell').choices(Object.keys(SCRIPTS)))
  .addHelpText(
    'after',
    `
Example:
  source <(rollcall completion bash)        # in ~/.bashrc
  source <(rollcall completion zsh)         # in ~/.zshrc, below compinit
  rollcall completion fish > ~/.config/fish/completions/rollcall.fish`,
  )
  .action((shell: Shell, _options: object, self: Command) => {
    print(SCRIPTS[shell](completedCommand(self.parent ?? self)))
  })

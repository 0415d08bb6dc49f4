/** The fields of each step. */

import type { StepId } from '../../../form/steps.ts'
import { DestinationStep } from './destination-step.tsx'
import type { FormTools } from '../form-tools.ts'
import { NameStep } from './name-step.tsx'
import { ResourcesStep } from './resources-step.tsx'
import { ReviewStep, type ReviewProps } from './review-step.tsx'
import { ScheduleStep } from './schedule-step.tsx'
import { SourceStep } from './source-step.tsx'

export function StepFields({
  step,
  tools,
  review,
}: {
  step: StepId
  tools: FormTools
  review: Omit<ReviewProps, 'tools'>
}) {
  switch (step) {
    case 'name':
      return <NameStep tools={tools} />
    case 'source':
      return <SourceStep tools={tools} />
    case 'destination':
      return <DestinationStep tools={tools} />
    case 'resources':
      return <ResourcesStep tools={tools} />
    case 'schedule':
      return <ScheduleStep tools={tools} />
    case 'review':
      return <ReviewStep tools={tools} {...review} />
  }
}
